"""Results as bytes in the formats people ask for.

Modules:

    chat          write conversations for fine-tuning
    columns       the columns a table of results can have
    delimited     write CSV and TSV
    formats       the formats by name
    json_formats  write JSON Lines and JSON
    json_types    find the type that JSON values have in common
    markdown      write Markdown: one section a result
    overview      write what results look like together, at the beginning of Markdown
    parquet       write Parquet, through pyarrow
    record        one result on its way into a file
    row_worker    make rows of CSV and TSV in a second process
"""
