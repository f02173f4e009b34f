"""The result of an enumeration: faces, regions, walls, and what is read off them.

``topology``, ``vertices``: a complex as incidences, and where its vertices are. ``regions``, ``walls``,
``faces``: what was found. ``region_complex``: the regions as the user holds them, a door to the rest.
``measures``, ``simplices``: volumes with a proven bound. ``vertex_values``, ``largest_outputs``,
``decision``: the network at all vertices, and decision boundaries. ``ridges``: the walls around each face of
dimension d - 2. ``polygons``, ``rings``, ``polylines``: in the plane. ``graph``: the region graph.
``checks``, ``face_checks``, ``consistency``: what must be true of every result.
"""
