"""Reading requests from files, checking them, planning the parts of a job.

    intake = Intake(["requests.jsonl"], CheckOptions(api_version=API_VERSION, today=date.today()))
    for block in intake.blocks():       # lists of CheckedRequest: the good ones, as they will be sent
        ...
    report = intake.report()            # shapes, models, problems

Memory stays the same however large the input is: uniqueness of custom_ids over a job is decided by the request store,
which tells `Intake.note_duplicates`. `PartCutter` says which part each request goes into.
"""

from batchtui.intake.checker import Checker
from batchtui.intake.contract import CheckedRequest, CheckOptions, CheckReport, Shape
from batchtui.intake.one_pass import Intake
from batchtui.intake.parts import PartCutter

__all__ = ["CheckOptions", "CheckReport", "CheckedRequest", "Checker", "Intake", "PartCutter", "Shape"]
