"""The tables. Rows of every table with a `council_id` are visible to that council alone (row-level security).

What grows with every episode is kept narrow: an act's details, a deadline's working and a case's state are
packed (see packed.py), tasks are rows only while they stand open, and the provenance of a fact is read off
the acts.
"""

from __future__ import annotations

from engine.store.tables.acts import AuditEvent, Heartbeat, IdempotencyKey, JobQueueVersion, access_log
from engine.store.tables.assignment import (
    DirectoryEntry,
    OutOfOffice,
    Rota,
    RotaChange,
    RotaShift,
    Summons,
    TaskRouting,
    Transfer,
)
from engine.store.tables.attachments import Attachment, AttachmentContent
from engine.store.tables.base import NAMES, OWN_COUNCIL, Base, council_tables
from engine.store.tables.cases import (
    COULD_BE_MISSED,
    CaseLink,
    CaseRecord,
    CaseState,
    EndedTask,
    KeptFigures,
    LedgerEntry,
    Task,
    TaskDraft,
    Timer,
)
from engine.store.tables.child_record import (
    CaseNote,
    ChildEntry,
    ChildLink,
    ContactAttempt,
    CoveredInterview,
)
from engine.store.tables.children import (
    AllocatedWorker,
    Child,
    ChildGrant,
    ChildIdentifier,
    Episode,
    LegalStatus,
    Placement,
)
from engine.store.tables.corrections import Correction
from engine.store.tables.councils import (
    Account,
    AccountRole,
    AccountTeam,
    Council,
    PackVersion,
    ReferenceCounter,
)
from engine.store.tables.intake import IntakeFile, IntakeRow
from engine.store.tables.lists import (
    CalendarFeed,
    Reminder,
    ReminderChoice,
    SavedFilter,
    Sitting,
    TaskSearch,
)
from engine.store.tables.meetings import AgreedAction, Meeting, MeetingCase, MeetingInvitee, MeetingItem
from engine.store.tables.notices import Incident, Notice, PeriodicRun
from engine.store.tables.outside_links import OutsideRequest, OutsideToken, OutsideTry
from engine.store.tables.oversight import InspectionPack, OversightNote
from engine.store.tables.quality import (
    AuditedCase,
    AuditGrade,
    AuditPoint,
    CaseAudit,
    CaseBreach,
    ClauseMonth,
    ExaminedCase,
    ReadingDecision,
    SignOff,
    Verification,
)

__all__ = [
    "Account",
    "AccountRole",
    "AccountTeam",
    "AgreedAction",
    "AllocatedWorker",
    "Attachment",
    "AttachmentContent",
    "AuditEvent",
    "AuditGrade",
    "AuditPoint",
    "AuditedCase",
    "Base",
    "COULD_BE_MISSED",
    "CalendarFeed",
    "CaseAudit",
    "CaseBreach",
    "CaseLink",
    "CaseNote",
    "CaseRecord",
    "CaseState",
    "Child",
    "ChildEntry",
    "ChildGrant",
    "ChildIdentifier",
    "ChildLink",
    "ClauseMonth",
    "ContactAttempt",
    "Correction",
    "Council",
    "DirectoryEntry",
    "CoveredInterview",
    "EndedTask",
    "Episode",
    "ExaminedCase",
    "Heartbeat",
    "IdempotencyKey",
    "Incident",
    "InspectionPack",
    "IntakeFile",
    "IntakeRow",
    "JobQueueVersion",
    "KeptFigures",
    "LedgerEntry",
    "LegalStatus",
    "Meeting",
    "MeetingCase",
    "MeetingInvitee",
    "MeetingItem",
    "NAMES",
    "Notice",
    "OWN_COUNCIL",
    "OutOfOffice",
    "OutsideRequest",
    "OutsideToken",
    "OutsideTry",
    "OversightNote",
    "PackVersion",
    "PeriodicRun",
    "Placement",
    "ReadingDecision",
    "ReferenceCounter",
    "Rota",
    "RotaChange",
    "RotaShift",
    "Reminder",
    "ReminderChoice",
    "SavedFilter",
    "SignOff",
    "Summons",
    "Sitting",
    "Task",
    "TaskDraft",
    "TaskRouting",
    "TaskSearch",
    "Timer",
    "Transfer",
    "Verification",
    "access_log",
    "council_tables",
]
