"""The parameters of the flows as people meet them in Prefect's form. Left empty, the settings decide."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from frontispiece.painters import PainterName
from frontispiece.sources import SourceName
from frontispiece.writers import WriterName

Day: TypeAlias = date | None
SourceChoice: TypeAlias = SourceName | None
WriterChoice: TypeAlias = WriterName | None
PainterChoice: TypeAlias = PainterName | None
StyleChoice: TypeAlias = Literal["seed", "fenced"] | None
Count: TypeAlias = Annotated[int, Field(ge=0)] | None
DaysBack: TypeAlias = Annotated[int, Field(ge=0, le=31)] | None
Categories: TypeAlias = list[str] | None
Dollars: TypeAlias = Annotated[float, Field(gt=0)] | None
Allowance: TypeAlias = Annotated[float, Field(ge=0)] | None
Hours: TypeAlias = Annotated[float, Field(ge=0, le=48)] | None
DaysAtOnce: TypeAlias = Annotated[int, Field(ge=1, le=8)]
PapersAtOnce: TypeAlias = Annotated[int, Field(ge=1, le=64)] | None
Ids: TypeAlias = Annotated[list[str], Field(min_length=1)]
