"""What a user may set, and where batchtui keeps its files.

Modules:

    loading     read the settings file, with errors that name file, line and key
    model       every setting with its meaning, default and bounds
    paths       where batchtui keeps its files
    reference   list every setting with its value, default and meaning
    toml_edit   write one setting into the file and keep everything else in it, comments included
    user_paths  interpret paths as people type them
    validators  check values of the settings file where type and bounds do not say enough
"""
