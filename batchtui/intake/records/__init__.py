"""Input of any format is split into records, one a request; what does not parse is diagnosed.

Modules:

    diagnosis         find out what is wrong with a record that did not parse
    foreign_lines     recognise lines made for other APIs, and results
    foreign_requests  make requests of lines made for other APIs
    json_array        split a JSON array that arrives in pieces
    reader            split an input into records, whatever its format
    sources           where requests are read from: files, folders, stdin
    task_files        turn tasks into requests, by way of a template
"""
