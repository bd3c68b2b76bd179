"""Clock, threads, processes and files: technique that knows nothing of batches.

Modules:

    atomic_file        write a file that appears whole or not at all
    clock              the system's clock, and waiting for a time or an event, whichever comes first
    dataclass_methods  have `dataclasses` make methods from closures, which take no compiling
    fsync              bring a file, or the names in a folder, to the disk
    process_identity   name this process so that another one can tell whether it is still alive
    server_clock       tell the server's time between two responses
    threads            run blocking work in a thread and wait for it even when canceled
    worker_process     start a helper process (same interpreter and sys.path) and exchange lines with it over pipes
"""
