"""Where the packages live; everything else about the project is in pyproject.toml.

``gui``, ``models`` and ``data`` stand at the top of the repository, where people look for them, and
are installed inside the one namespace, so that nothing called ``gui`` lands in site-packages.
"""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

BESIDE_THE_LIBRARY = ("gui", "models", "data")

packages = find_packages(include=["deepcinac", "deepcinac.*"])
package_dir = {}
for folder in BESIDE_THE_LIBRARY:
    package_dir[f"deepcinac.{folder}"] = folder
    packages.append(f"deepcinac.{folder}")
    packages += [f"deepcinac.{folder}.{inner}" for inner in find_packages(folder)]


SHOWN_PAGES = ("guide.md", "licences.md")


class BuildWithPages(build_py):
    """Pages that the window shows are built into the package from ``docs``."""

    def run(self) -> None:
        """Copy the pages beside the window's code."""
        super().run()
        target = Path(self.build_lib, "deepcinac", "gui")
        if not self.editable_mode:
            for page in SHOWN_PAGES:
                shutil.copyfile(Path("docs", page), target / page)


setup(packages=packages, package_dir=package_dir, cmdclass={"build_py": BuildWithPages})
