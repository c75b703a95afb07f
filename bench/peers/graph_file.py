"""The graph that every peer gets: accounts are positions 0 … n − 1 in ascending order of original id, as a reader of the input
would number them, not in coterie's order of degree.

A file: u64 n, u64 m, u64 directed (0 or 1), u64 offsets [n + 1], u32 neighbors [m], little-endian; rows of out-edges, ascending. An
undirected graph has each edge in both rows.
"""

import numpy


class GraphFile:
    def __init__(self, directed, offsets, neighbors):
        self.directed = directed
        self.offsets = offsets
        self.neighbors = neighbors

    @property
    def n(self):
        return len(self.offsets) - 1

    @property
    def m(self):
        return len(self.neighbors)

    def sources(self):
        return numpy.repeat(numpy.arange(self.n, dtype=numpy.uint32), numpy.diff(self.offsets.astype(numpy.int64)))

    def edges(self):
        """[k, 2]: every edge once."""
        pairs = numpy.stack([self.sources(), self.neighbors], axis=1)
        return pairs if self.directed else pairs[pairs[:, 0] <= pairs[:, 1]]

    def either(self):
        """Undirected, without directions, repeats and self-loops."""
        if not self.directed:
            return self
        sources = self.sources().astype(numpy.uint64)
        targets = self.neighbors.astype(numpy.uint64)
        keys = numpy.concatenate([sources << numpy.uint64(32) | targets, targets << numpy.uint64(32) | sources])
        keys = numpy.unique(keys[keys >> numpy.uint64(32) != keys & numpy.uint64(0xFFFFFFFF)])
        return from_edges(self.n, False, (keys >> numpy.uint64(32)), (keys & numpy.uint64(0xFFFFFFFF)))

    def write(self, path):
        with open(path, "wb") as file:
            numpy.array([self.n, self.m, int(self.directed)], "<u8").tofile(file)
            self.offsets.astype("<u8").tofile(file)
            self.neighbors.astype("<u4").tofile(file)

    def write_serialized(self, path):
        """GAPBS' .sg: bool directed, i64 edges, i64 nodes, i64 offsets [n + 1], i32 neighbors; of a directed graph also by in-edges."""
        with open(path, "wb") as file:
            numpy.array([self.directed], "?").tofile(file)
            numpy.array([self.m, self.n], "<i8").tofile(file)
            self.offsets.astype("<i8").tofile(file)
            self.neighbors.astype("<i4").tofile(file)
            if self.directed:
                order = numpy.argsort(self.neighbors, kind="stable")
                reverse = from_edges(self.n, True, self.neighbors[order], self.sources()[order])
                reverse.offsets.astype("<i8").tofile(file)
                reverse.neighbors.astype("<i4").tofile(file)


def from_edges(n, directed, sources, targets):
    """Of edges in ascending order of their sources."""
    offsets = numpy.zeros(n + 1, numpy.uint64)
    numpy.cumsum(numpy.bincount(sources.astype(numpy.int64), minlength=n), out=offsets[1:])
    return GraphFile(directed, offsets, targets.astype(numpy.uint32))


def read(path):
    with open(path, "rb") as file:
        n, m, directed = (int(x) for x in numpy.fromfile(file, "<u8", 3))
        return GraphFile(bool(directed), numpy.fromfile(file, "<u8", n + 1), numpy.fromfile(file, "<u4", m))


def of_store(path, layer):
    """A layer of a store, and the original ids [n] of its positions."""
    import h5py

    with h5py.File(path) as store:
        group = store["layers"][layer]
        directed = bool(group.attrs.get("directed", 1))
        offsets, neighbors = group["out/offsets"][:], group["out/neighbors"][:]
        order = store["accounts/by_id"][:]
        accounts = store["accounts"]
        if "ids" in accounts:
            names = [str(name) for name in accounts["ids"][:][order]]
        else:
            bounds, text = accounts["handles/offsets"][:], accounts["handles/bytes"][:].tobytes()
            names = [text[bounds[a]:bounds[a + 1]].decode() for a in order]
    position = numpy.empty(len(order), numpy.uint32)
    position[order] = numpy.arange(len(order), dtype=numpy.uint32)
    degrees = numpy.diff(offsets.astype(numpy.int64))[order]
    result = numpy.zeros(len(order) + 1, numpy.uint64)
    numpy.cumsum(degrees, out=result[1:])
    moved = numpy.empty_like(neighbors)
    for place, account in enumerate(order):
        row = position[neighbors[offsets[account]:offsets[account + 1]]]
        row.sort()
        moved[result[place]:result[place + 1]] = row
    return GraphFile(directed, result, moved), names
