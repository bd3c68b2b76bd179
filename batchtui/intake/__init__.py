"""Reading requests from files, checking them, planning the parts of a job."""
