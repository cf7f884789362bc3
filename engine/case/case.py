"""A case: what can be done to it and what it shows.

This is the contract that scenarios, the live system, previews and replays share. Acts take the moment from the caller
and leave their changes in `drain()`; nothing here reads a clock or a database.
"""

# The public face (the class body is written below this summary):
#
# Case.start(pack, *, facts, earlier_episodes, event="reported", at, by="system", number=1) -> Case
#     facts: the facts of source `record` (and any other known at the start), by id.
# Case.load(pack, state: bytes) -> Case          # raises StateError for a state of another version or another pack
# case.dump() -> bytes                           # compacted; only open entries and live tokens are kept
# case.drain() -> Changes                        # what has changed since the last drain
# Acts (each brings the case to rest; raise CaseError or Incident):
#   case.record_event(event, *, at, actual=None, facts={}, by="system", reason=None)
#   case.set_facts(facts, *, at, by, actual=None, reason=None, origin="record")
#   case.complete(task_id, answers, *, at, by, entries=None)   # entries: only these of the task's (the rest stay open)
#   case.fire_timers(at)                                       # everything due at or before `at`
#   case.send_automatic(at, hold=frozenset())                  # completes automatic tasks; hold: obligations to leave open
# What it shows:
#   case.facts -> Mapping[str, Any] (stored facts), case.value(fact, at) (stored or derived), case.known(fact)
#   case.entries -> dict[int, Entry] (open ones, and those ended since load), case.tasks -> dict[str, OpenTask]
#   case.timers -> list[WaitingTimer], case.next_due -> datetime | None
#   case.closed -> bool, case.live_elements() -> list[tuple[process, element, state]] for the diagram
#   case.pack_hash, case.number
