"""What we keep beside devpi's own export of a server: written to a directory, and read from it.

Each *kind* of record is a file of JSON lines; the manifest lists the kinds, with a count and a
digest of each file, and is written last. A further kind is a further file and changes no format.
"""
