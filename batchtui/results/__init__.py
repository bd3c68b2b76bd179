"""What a line of results means: pure parsing, no I/O, no clock.

Modules:

    answer_digest      tell whether two results say the same, whatever the ids and the usage around it
    content_blocks     split a message into blocks, each with a name for people
    failure_groups     group failures by message pattern, and suggest what to do about each group
    json_line          parse one raw line of results into plain values, whatever is wrong with it
    json_text          read and write JSON that every other program reads too
    line_parser        parse one raw line of results into the few facts that the index keeps
    outcome_rules      classify a result: the rules for what "succeeded" really meant
    parsed_result      parse one result in full, for a person or an exporter
    structured_output  check whether an answer is JSON and matches the schema it was asked for
    value_counts       count the values of the fields of structured answers
"""
