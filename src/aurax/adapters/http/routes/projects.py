"""Projects: songs that belong together."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from aurax.adapters.http.access import Reader, Writer
from aurax.adapters.http.installation import At
from aurax.adapters.http.problems import answers
from aurax.adapters.http.views import View
from aurax.adapters.sql.projects import Project

router = APIRouter(prefix="/projects", tags=["projects"])


class ProjectWanted(View):
    """A project to be made, or its new title."""

    title: str = Field(min_length=1, max_length=200)


class SongsToPut(View):
    """Songs by their ids."""

    song_ids: tuple[str, ...] = Field(min_length=1, max_length=500)


@router.get("", responses=answers(), summary="List projects")
async def list_projects(at: At, caller: Reader, archived: bool = False) -> tuple[Project, ...]:
    """The caller's projects."""
    return await at.library(caller.owner).projects.list_projects(archived=archived)


@router.post("", status_code=201, responses=answers(), summary="Make a project")
async def create_project(asked: ProjectWanted, at: At, caller: Writer) -> Project:
    """An empty project."""
    return await at.library(caller.owner).projects.create(asked.title)


@router.get("/{project_id}", responses=answers(404), summary="A project")
async def get_project(project_id: str, at: At, caller: Reader) -> Project:
    """One project; `GET /songs?project_id=` lists its songs."""
    return await at.library(caller.owner).projects.get_project(project_id)


@router.patch("/{project_id}", responses=answers(404), summary="Rename a project")
async def rename_project(project_id: str, asked: ProjectWanted, at: At, caller: Writer) -> Project:
    """Another title."""
    return await at.library(caller.owner).projects.rename(project_id, asked.title)


@router.post("/{project_id}/songs", responses=answers(404), summary="Put songs into a project")
async def put_songs(project_id: str, asked: SongsToPut, at: At, caller: Writer) -> Project:
    """Songs leave the project that they were in."""
    return await at.library(caller.owner).projects.put_songs(project_id, asked.song_ids)


@router.post("/{project_id}/archive", responses=answers(404), summary="Archive a project")
async def archive_project(project_id: str, at: At, caller: Writer) -> Project:
    """Put a project out of sight; its songs stay."""
    return await at.library(caller.owner).projects.archive(project_id)


@router.post("/{project_id}/open", responses=answers(404), summary="Take a project up again")
async def reopen_project(project_id: str, at: At, caller: Writer) -> Project:
    """Bring an archived project back."""
    return await at.library(caller.owner).projects.reopen(project_id)
