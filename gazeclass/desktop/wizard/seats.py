"""Seats in rows: where heads are when a class sits down, made from a few numbers and then moved by hand."""

from dataclasses import dataclass

from gazeclass.calibration.room_parts import BoardSize, Seat

#: A seated student's nose above the floor, and a board's lower edge where nobody measured it.
HEAD_ABOVE_FLOOR_M, EDGE_ABOVE_FLOOR_M = 1.15, 0.9
#: No seat is nearer to the board's plane, and none farther.
NEAREST_M, FARTHEST_M = 0.3, 20.0


@dataclass(frozen=True)
class Rows:
    """How the seats stand: all distances in metres, rows parallel to the board, centred before it."""

    rows: int = 4
    seats: int = 6
    first_m: float = 2.5
    row_step_m: float = 1.2
    seat_step_m: float = 0.8


def head_height_m(board: BoardSize) -> float:
    """The y of a seated head in WCS (down from the board's upper edge)."""
    edge = board.lower_edge_above_floor_m
    return board.height_m + (EDGE_ABOVE_FLOOR_M if edge is None else edge) - HEAD_ABOVE_FLOOR_M


def make_seats(rows: Rows, board: BoardSize) -> tuple[Seat, ...]:
    """Seats named row-place, the place counted as the class counts: from the left of who faces the board."""
    y = head_height_m(board)
    seats = []
    for row in range(rows.rows):
        for place in range(rows.seats):
            x = board.width_m / 2 + ((rows.seats - 1) / 2 - place) * rows.seat_step_m
            z = rows.first_m + row * rows.row_step_m
            position = (round(x, 3), round(y, 3), round(z, 3))
            seats.append(Seat(name=f"{row + 1}-{place + 1}", row=row + 1, position_m=position))
    return tuple(seats)


def rows_of(seats: tuple[Seat, ...]) -> Rows:
    """The numbers that made ``seats``, or come near to it."""
    by_row: dict[int, list[Seat]] = {}
    for seat in seats:
        by_row.setdefault(seat.row or 1, []).append(seat)
    if not by_row:
        return Rows(0, 6)
    depths = [sum(s.position_m[2] for s in row) / len(row) for _, row in sorted(by_row.items())]
    widest = sorted(s.position_m[0] for s in max(by_row.values(), key=len))
    default = Rows()
    row_step = (depths[-1] - depths[0]) / (len(depths) - 1) if len(depths) > 1 else default.row_step_m
    seat_step = (widest[-1] - widest[0]) / (len(widest) - 1) if len(widest) > 1 else default.seat_step_m
    return Rows(len(by_row), len(widest), round(depths[0], 3), round(max(row_step, 0.1), 3), round(seat_step, 3))


def moved(seat: Seat, x_m: float, z_m: float) -> Seat:
    """The seat somewhere else on the floor."""
    z = min(max(z_m, NEAREST_M), FARTHEST_M)
    return seat.model_copy(update={"position_m": (round(x_m, 3), seat.position_m[1], round(z, 3))})


def lifted(seats: tuple[Seat, ...], before: BoardSize, after: BoardSize) -> tuple[Seat, ...]:
    """The seats at the same height above the floor when the board is measured anew."""
    step = head_height_m(after) - head_height_m(before)
    return tuple(
        s.model_copy(update={"position_m": (s.position_m[0], round(s.position_m[1] + step, 3), s.position_m[2])})
        for s in seats
    )
