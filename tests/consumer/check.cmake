# Installs coterie to a folder of its own, then configures, builds and runs a project that uses it.
#   cmake -D build=BUILD_FOLDER -D source=CONSUMER -D work=WORK_FOLDER -P check.cmake
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGV}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${work})
run(${CMAKE_COMMAND} --install ${build} --prefix ${work}/prefix)
foreach(name IN ITEMS bin/coterie include/coterie/host/graph.hpp include/coterie/io/store.hpp)
  if(NOT EXISTS ${work}/prefix/${name})
    message(FATAL_ERROR "${name} was not installed")
  endif()
endforeach()
run(${work}/prefix/bin/coterie --version)
run(${CMAKE_COMMAND} -S ${source} -B ${work}/build -G ${generator} -D CMAKE_PREFIX_PATH=${work}/prefix
  -D CMAKE_BUILD_TYPE=Release)
run(${CMAKE_COMMAND} --build ${work}/build)
run(${work}/build/consumer ${work}/triangle.h5)
run(${work}/prefix/bin/coterie info ${work}/triangle.h5 --verify)
file(REMOVE_RECURSE ${work})
