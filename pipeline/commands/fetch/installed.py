"""The packages of the extra `crawl`, which an installation may lack."""

from __future__ import annotations


def check_installed(fetches: bool) -> None:
    """Raises InputError without the packages that reading URLs takes, and with `fetches` those that asking takes."""
    from pipeline.inputs import InputError

    try:
        import crawl.fetching.urls

        if fetches:
            import crawl.fetching.loop  # noqa: F401
    except ModuleNotFoundError as error:
        raise InputError(f"fetch: needs the package {error.name}: pip install 'align-corpus[crawl]'") from error
    except ImportError as error:  # such as pycurl's beside another libcurl, which TensorFlow brings
        raise InputError(f"fetch: {error}") from error
