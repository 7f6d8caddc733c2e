"""PLY files as tables: the header, and the columns of every element it declares."""

import struct
from dataclasses import dataclass, field, replace
from mmap import mmap

import numpy as np

from uniseg3d.utils.errors import FileFormatError

_TYPES = {
    'char': 'i1',
    'uchar': 'u1',
    'short': 'i2',
    'ushort': 'u2',
    'int': 'i4',
    'uint': 'u4',
    'float': 'f4',
    'double': 'f8',
    'int8': 'i1',
    'uint8': 'u1',
    'int16': 'i2',
    'uint16': 'u2',
    'int32': 'i4',
    'uint32': 'u4',
    'float32': 'f4',
    'float64': 'f8',
}
_STRUCT_CODES = {'i1': 'b', 'u1': 'B', 'i2': 'h', 'u2': 'H', 'i4': 'i', 'u4': 'I', 'f4': 'f', 'f8': 'd'}
_BYTE_ORDERS = {'ascii': '<', 'binary_little_endian': '<', 'binary_big_endian': '>'}
_LONGEST_HEADER = 1 << 16
_LONGEST_NUMBER = 64


@dataclass(frozen=True)
class Property:
    """One column; a list column has a ``count_type``."""

    name: str
    type: str
    count_type: str | None = None


@dataclass
class Element:
    """One table of the file."""

    name: str
    count: int
    properties: list[Property] = field(default_factory=list)


@dataclass(frozen=True)
class Header:
    """What the text before ``end_header`` says."""

    format: str  # ascii | binary_little_endian | binary_big_endian
    elements: list[Element]
    size: int  # bytes up to the first data byte


@dataclass(frozen=True)
class ListColumn:
    """A list property: row ``i`` holds the next ``lengths[i]`` of ``values``."""

    lengths: np.ndarray  # [rows] int64
    values: np.ndarray  # [lengths.sum()]


Columns = dict[str, np.ndarray | ListColumn]
Data = bytes | mmap


def parse_header(data: Data, where: str) -> Header:
    """Header at the start of ``data``; ``where`` names the file in error messages."""
    if data[:3] != b'ply':
        raise FileFormatError(f'{where} is not a PLY file: it starts with {data[:8]!r} instead of "ply"')
    end = data.find(b'\nend_header', 0, _LONGEST_HEADER)
    newline = data.find(b'\n', end + 1, _LONGEST_HEADER) if end >= 0 else -1
    if newline < 0:
        raise FileFormatError(
            f'{where}: no end_header line in the first {_LONGEST_HEADER} bytes; the file is cut off or corrupt'
        )
    lines = data[:end].decode('latin-1').split('\n')[1:]
    file_format, elements = '', list[Element]()
    for line in lines:
        words = line.split()
        try:
            if words and words[0] == 'format':
                file_format = words[1]
            elif words and words[0] == 'element':
                elements.append(Element(words[1], _row_count(words[2])))
            elif words and words[0] == 'property':
                _add_property(elements[-1], words[1:])
        except (IndexError, KeyError, ValueError) as error:
            raise FileFormatError(f'{where}: cannot understand the header line {line.strip()[:80]!r} ({error})') from None
    if file_format not in _BYTE_ORDERS:
        raise FileFormatError(f'{where}: format {file_format!r} is not one of {", ".join(_BYTE_ORDERS)}')
    return Header(file_format, elements, newline + 1)


def _row_count(word: str) -> int:
    count = int(word)
    if count < 0:
        raise ValueError('negative count')
    return count


def _add_property(element: Element, words: list[str]) -> None:
    if words[0] == 'list':
        added = Property(words[3], _TYPES[words[2]], _TYPES[words[1]])
    else:
        added = Property(words[1], _TYPES[words[0]])
    if any(added.name == known.name for known in element.properties):
        raise ValueError('the name occurs twice')
    element.properties.append(added)


def read_elements(data: Data, header: Header, where: str) -> dict[str, Columns]:
    """Columns of every element, by element name."""
    if header.format == 'ascii':
        return _read_ascii(data, header, where)
    tables, offset = {}, header.size
    for element in header.elements:
        tables[element.name], offset = _read_element(data, offset, element, _BYTE_ORDERS[header.format], where)
    return tables


def _read_ascii(data: Data, header: Header, where: str) -> dict[str, Columns]:
    """All numbers become doubles first, so that text takes the same path as binary files."""
    doubles, offset = _numbers_as_bytes(data[header.size :], where), 0
    tables = {}
    for element in header.elements:
        wide = replace(element, properties=[_as_double(p) for p in element.properties])
        columns, offset = _read_element(doubles, offset, wide, '<', where)
        tables[element.name] = {p.name: _narrow(columns[p.name], p, where) for p in element.properties}
    return tables


def _numbers_as_bytes(body: bytes, where: str) -> bytes:
    words = body.split()
    # one endless word would otherwise blow up the array of all words
    if max(map(len, words), default=0) > _LONGEST_NUMBER:
        raise FileFormatError(f'{where}: the data holds a word of more than {_LONGEST_NUMBER} characters; it is not ASCII PLY')
    try:
        return np.array(words, 'S').astype('<f8').tobytes()
    except ValueError as error:
        raise FileFormatError(f'{where}: the data holds something that is not a number ({error})') from None


def _narrow(column: np.ndarray | ListColumn, declared: Property, where: str) -> np.ndarray | ListColumn:
    if isinstance(column, ListColumn):
        return ListColumn(column.lengths, _cast(column.values, declared, where))
    return _cast(column, declared, where)


def _cast(values: np.ndarray, declared: Property, where: str) -> np.ndarray:
    if declared.type[0] != 'f':
        limits = np.iinfo(declared.type)
        if not ((values >= limits.min) & (values <= limits.max) & (values % 1 == 0)).all():
            raise FileFormatError(f'{where}: property {declared.name!r} has values that do not fit its type {limits.dtype}')
    return values.astype(declared.type)


def _as_double(column: Property) -> Property:
    return Property(column.name, 'f8', column.count_type and 'f8')


def _read_element(data: Data, offset: int, element: Element, order: str, where: str) -> tuple[Columns, int]:
    smallest_row = sum(int((p.count_type or p.type)[1]) for p in element.properties)
    # before anything is allocated: a header may promise more rows than any machine can hold
    if element.count * smallest_row > len(data) - offset:
        raise FileFormatError(
            f'{where}: element {element.name!r} promises {element.count} rows of at least {smallest_row} bytes, '
            f'but only {len(data) - offset} bytes are left; the file is cut off or its header is wrong'
        )
    if element.count == 0 or not element.properties:
        return {p.name: _empty_column(p) for p in element.properties}, offset
    return _read_even_rows(data, offset, element, order) or _read_uneven_rows(data, offset, element, order, where)


def _empty_column(column: Property) -> np.ndarray | ListColumn:
    values = np.empty(0, column.type)
    return ListColumn(np.empty(0, np.int64), values) if column.count_type else values


def _read_even_rows(data: Data, offset: int, element: Element, order: str) -> tuple[Columns, int] | None:
    """Fast path: all rows as long as the first one (always so without lists, and for pure triangle meshes)."""
    lengths = _first_row_lengths(data, offset, element, order)
    if lengths is None:
        return None
    row = _row_type(element, lengths, order)
    if element.count * row.itemsize > len(data) - offset:
        return None
    table = np.frombuffer(data, row, element.count, offset)
    result: Columns = {}
    for index, (p, length) in enumerate(zip(element.properties, lengths, strict=True)):
        values = table[f'value {index}'].astype(p.type)
        if p.count_type and (table[f'count {index}'] != length).any():
            return None
        result[p.name] = ListColumn(np.full(element.count, length), values.reshape(-1)) if p.count_type else values
    return result, offset + element.count * row.itemsize


def _row_type(element: Element, lengths: list[int], order: str) -> np.dtype:
    columns: list[tuple] = []
    for index, p in enumerate(element.properties):
        if p.count_type:
            columns.append((f'count {index}', order + p.count_type))
        shape = (lengths[index],) if p.count_type else ()
        columns.append((f'value {index}', order + p.type, shape))
    return np.dtype(columns)


def _first_row_lengths(data: Data, offset: int, element: Element, order: str) -> list[int] | None:
    lengths = []
    for p in element.properties:
        length = 1
        if p.count_type:
            if offset + int(p.count_type[1]) > len(data):
                return None
            count = float(np.frombuffer(data, order + p.count_type, 1, offset)[0])
            offset += int(p.count_type[1])
            if not (0 <= count <= len(data) - offset and count.is_integer()):
                return None
            length = int(count)
        lengths.append(length)
        offset += length * int(p.type[1])
    return lengths


def _whole(count: float) -> int:
    if count != int(count):
        raise ValueError('fractional list length')
    return int(count)


def _read_uneven_rows(data: Data, offset: int, element: Element, order: str, where: str) -> tuple[Columns, int]:
    """Row by row, for meshes that mix polygons of several sizes."""
    lengths: list[list[int]] = [[] for _ in element.properties]
    values: list[list[float]] = [[] for _ in element.properties]
    try:
        for _ in range(element.count):
            for index, p in enumerate(element.properties):
                length = 1
                if p.count_type:
                    length = _whole(struct.unpack_from(order + _STRUCT_CODES[p.count_type], data, offset)[0])
                    offset += int(p.count_type[1])
                # also refuses negative and absurd lengths: unpack_from checks them against the buffer
                values[index] += struct.unpack_from(f'{order}{length}{_STRUCT_CODES[p.type]}', data, offset)
                lengths[index].append(length)
                offset += length * int(p.type[1])
    except (struct.error, OverflowError, ValueError, MemoryError):
        row = len(lengths[0])
        raise FileFormatError(
            f'{where}: element {element.name!r} ends or is corrupt near row {row} of {element.count}'
        ) from None
    result: Columns = {}
    for index, p in enumerate(element.properties):
        column = np.array(values[index], p.type)
        result[p.name] = ListColumn(np.array(lengths[index], np.int64), column) if p.count_type else column
    return result, offset
