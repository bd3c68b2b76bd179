"""The screens of the dashboard, a package each: what is shown, how one gets there, what its keys do.

Modules:

    activity/  the activity screen: the journal
    batches/   the list of batches, the first screen
    compare/   the comparison of two batches or jobs
    compose/   the compose screen
    export/    the export screen
    results/   a batch and its results
    retry/     the retry screen
    settings/  the settings screen
    spending/  the spending screen
    warnings/  the screen of warnings
"""
