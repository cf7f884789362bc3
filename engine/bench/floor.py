"""What SpiffWorkflow costs by itself: the floor that our own figures are set beside.

A process of ten user tasks with a parallel pair and a boundary timer, read by SpiffWorkflow's own parser and stored
by its own serialiser: load, complete one task, store. It runs in a process of its own, because inside ours
SpiffWorkflow is made lean; `python -m engine.bench.floor` prints milliseconds.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

TASKS = 10
_NAMESPACE = 'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'


def _diagram() -> bytes:
    names = [f"t{number}" for number in range(TASKS)]
    tasks = "".join(f'<bpmn:userTask id="{name}" name="{name}"/>' for name in names)
    timer = (
        '<bpmn:boundaryEvent id="b" attachedToRef="t1" cancelActivity="false"><bpmn:timerEventDefinition>'
        '<bpmn:timeDuration>"PT24H"</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>'
        '<bpmn:userTask id="chase" name="chase"/><bpmn:endEvent id="e2"/>'
    )
    hops = [("s", "t0"), *zip(names[:4], names[1:5], strict=True), ("t4", "f"), ("f", "t5"), ("f", "t6")]
    hops += [("t5", "j"), ("t6", "j"), ("j", "t7"), ("t7", "t8"), ("t8", "t9"), ("t9", "e")]
    hops += [("b", "chase"), ("chase", "e2")]
    flows = "".join(f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in hops)
    return (
        f'<bpmn:definitions {_NAMESPACE} id="d" targetNamespace="https://homeward.example/floor">'
        f'<bpmn:process id="floor" isExecutable="true"><bpmn:startEvent id="s"/>{tasks}{timer}'
        '<bpmn:parallelGateway id="f"/><bpmn:parallelGateway id="j"/><bpmn:endEvent id="e"/>'
        f"{flows}</bpmn:process></bpmn:definitions>"
    ).encode()


def measure(rounds: int = 30) -> timedelta:
    """Return the CPU time of loading an instance, completing one task and storing it again, on average."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(_diagram()))
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
    first = BpmnWorkflow(parser.get_spec("floor"))
    first.do_engine_steps()
    stored = serializer.serialize_json(first)
    began, steps = time.process_time(), 0
    for _ in range(rounds):
        state = stored
        while True:
            workflow = serializer.deserialize_json(state)
            ready = workflow.get_tasks(state=TaskState.READY, manual=True)
            if not ready:
                break
            ready[0].run()
            workflow.do_engine_steps()
            state = serializer.serialize_json(workflow)
            steps += 1
    return timedelta(seconds=(time.process_time() - began) / steps)


def measure_apart() -> float:
    """Measure in a fresh process; return milliseconds."""
    told = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=True).stdout
    return float(told)


if __name__ == "__main__":
    sys.stdout.write(f"{measure().total_seconds() * 1000}\n")
