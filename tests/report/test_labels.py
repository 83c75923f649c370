"""Names beside points: none covers another, a point, or the edge, where there is room."""

from gossamer.report.labels import Box, label_boxes

FRAME = Box(0, 0, 400, 300)


def point(x: float, y: float) -> Box:
    return Box(x - 4, y - 4, x + 4, y + 4)


def test_a_name_stands_to_the_right_of_its_point() -> None:
    (box,) = label_boxes(["alone"], [point(100, 100)], FRAME)
    assert box.left > 104
    assert box.top < 100 < box.bottom


def test_near_points_and_the_edge_move_names_elsewhere() -> None:
    points = [point(60, 100), point(100, 101), point(160, 99), point(395, 200), point(390, 10)]
    boxes = label_boxes(["MobileNet", "tiny-5k", "small-20k", "at the edge", "in the corner"], points, FRAME)
    for number, box in enumerate(boxes):
        assert FRAME.holds(box)
        assert not any(box.meets(other) for other in boxes[:number])
        assert not any(box.meets(other) for i, other in enumerate(points) if i != number)


def test_where_there_is_no_room_a_name_is_shown_all_the_same() -> None:
    crowd = [point(10, 10)] * 9
    assert len(label_boxes(["name"] * 9, crowd, Box(0, 0, 20, 20))) == 9
