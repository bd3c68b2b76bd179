"""Tables to compose from: one module a kind, behind the interface of `base`.

Modules:

    arrow_schema   find the columns of a Parquet file that are lengths of time
    attachments    files as content blocks: images, PDFs, texts
    base           what every table offers: named columns and rows in blocks
    byte_source    the bytes of one input: its beginning, then all of it
    decompression  unpack bzip2, xz, zstd and a zip of one file
    delimited/     tables of text with delimiters: CSV, TSV and what looks like them
    duckdb         tables that DuckDB reads: Parquet, and SQL over files
    encoding       detect the encoding of a text, and read it as lines
    folder         a folder as a table: one row a file
    json_records   tables that are JSON: an array or lines of objects
    many           several files as one table
    open           open data: find out what it is by its first bytes
    spreadsheet    one sheet of a spreadsheet as a table
"""
