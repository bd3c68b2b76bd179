"""Change the code that money depends on in small ways; a test must fail for each change.

Modules:

    __main__      run all mutants of some modules, or a sample of them, and print the survivors
    call_tracer   learn which tests call which functions of the modules: a pytest plugin
    equivalents   mutants that change nothing that anybody could see, each with the reason
    modules       the modules that are changed, and the tests that have to notice
    mutants       make the mutants of a source file
    runner        run the tests that concern each mutant in a forked process of its own
"""
