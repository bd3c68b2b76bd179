"""`batchtui demo`: the real program on a simulator, with a guided tour.

Modules:

    director  make things happen in the demo: change the simulator, submit jobs, let past days go by
    sandbox   set the demo up: a simulator, a registry in a temporary folder, and jobs to submit
    story     the story of the demo: what happened in the past week, and the steps of the tour
    tour      show the steps of the demo one by one, until their key was tried or their time is up
"""
