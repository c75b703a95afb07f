#pragma once

#include <stdexcept>
#include <string>

namespace coterie {

/// What coterie throws. The text says where, what must hold, what was got, and what to do next when there is something.
/// Wrong options of a library call are std::invalid_argument.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The content of a graph does not allow what was asked (such as a negative weight in PageRank).
class GraphError : public Error {
  public:
    using Error::Error;
};

/// A file cannot be read, written, or is not what it should be.
class IoError : public Error {
  public:
    using Error::Error;
};

/// More lines were rejected than allowed.
class TooManyRejects : public IoError {
  public:
    using IoError::IoError;
};

/// The named backend cannot run here; the text says why.
class BackendUnavailable : public Error {
  public:
    using Error::Error;
};

/// A GPU cannot finish what it was asked for: it lacks memory, or a call of its runtime failed.
class DeviceFailure : public Error {
  public:
    using Error::Error;
};

/// The graph, or what an algorithm needs beside it, does not fit the memory of the device.
class OutOfDeviceMemory : public DeviceFailure {
  public:
    using DeviceFailure::DeviceFailure;
};

/// Somebody asked to stop (Ctrl+C). Nothing was left half-written.
class Cancelled : public Error {
  public:
    Cancelled() : Error("cancelled") {}
};

}  // namespace coterie
