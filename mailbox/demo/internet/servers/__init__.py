"""Mail and web servers, good and bad, in one process: of the demo's Internet, and the tests'.

They talk as far as a probe talks with them. Need no Django.
"""
