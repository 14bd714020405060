from pathlib import Path
from setuptools import find_namespace_packages
from setuptools import setup


setup(
    name="devpi-artifactory-compat",
    version="0.1.0",
    description="Artifactory-style PyPI repositories for devpi-server",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    author="the devpi-artifactory-compat developers",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Web Environment",
        "Framework :: Pyramid",
        "Intended Audience :: Developers",
        "Intended Audience :: System Administrators",
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Software Development :: Build Tools",
        "Topic :: System :: Software Distribution",
        "Typing :: Typed",
    ],
    packages=find_namespace_packages(
        include=["devpi_artifactory_compat", "devpi_artifactory_compat.*"]
    ),
    include_package_data=True,
    python_requires=">=3.11",
    install_requires=[
        "click",
        "defusedxml",
        "devpi-server>=6.20,<7",
        "multipart>=1.2",
        "packaging>=24",
        # of "devpi-artifactory search": progress bars
        "rich",
        "sqlalchemy>=2,<3",
        # devpi-server's own dependencies, imported here as well: it decides which versions
        "certifi",
        "devpi-common",
        "httpcore>=1.0.6",
        "httpx",
        "pluggy",
        "pyramid",
        "waitress",
    ],
    extras_require={
        # the search database in PostgreSQL
        "postgresql": ["psycopg[binary]>=3.1"],
    },
    entry_points={
        "console_scripts": [
            "devpi-artifactory = devpi_artifactory_compat.client.main:main",
        ],
        "devpi_server": [
            "devpi-artifactory-compat = devpi_artifactory_compat.plugin",
        ],
    },
    zip_safe=False,
)
