"""Where the packages live; everything else about the project is in pyproject.toml.

``gui``, ``models`` and ``data`` stand at the top of the repository, where people look for them, and
are installed inside the one namespace, so that nothing called ``gui`` lands in site-packages.
"""

from setuptools import find_packages, setup

BESIDE_THE_LIBRARY = ("gui", "models", "data")

packages = find_packages(include=["deepcinac", "deepcinac.*"])
package_dir = {}
for folder in BESIDE_THE_LIBRARY:
    package_dir[f"deepcinac.{folder}"] = folder
    packages.append(f"deepcinac.{folder}")
    packages += [f"deepcinac.{folder}.{inner}" for inner in find_packages(folder)]

setup(packages=packages, package_dir=package_dir)
