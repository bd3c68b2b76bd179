"""A deterministic simulation of the whole: one seed gives one history of a world with virtual time.

Everything is made up but SQLite and our own services: the API's accounts, the network, the machines with their clocks
and disks, colleagues who use the same accounts, and people who submit, resume, watch, cancel and copy. After every
transaction the invariants of sending once are looked at; at the end the world is healed, and every part has to come to
its end. `python -m tests.simulation --seeds N` runs N seeds, `--seed S` tells one.

| module     | what is in it                                                            |
|------------|--------------------------------------------------------------------------|
| loop       | the event loop with virtual time; processes that are paused and killed   |
| sqlite     | `aiosqlite` without its threads; disks that are full                     |
| world      | accounts, batches, faults: the API as it really is                       |
| machines   | clocks, sleep, boots; who can tell whether a process lives               |
| gateway    | the gateway over the world                                               |
| story      | what a seed decides: the steps, the weather, the machines                |
| actors     | what one process does: every use case                                    |
| invariants | what must always hold, and what must hold at the end                     |
| history    | running a story                                                          |
| shrinking  | the shortest story that breaks the same invariant                        |
| mutants    | known faults, put back one at a time: the simulation has to find each    |
| coverage   | how often everything occurred; what never did is a fault of the story    |
| over_http  | the same stories through the real SDK and the simulator                  |
"""
