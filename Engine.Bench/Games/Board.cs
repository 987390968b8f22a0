using Spectre.Console;

namespace Engine.Bench.Games;

/// <summary>A cell of a board: two characters.</summary>
/// <param name="Plain">As plain text, without colours.</param>
/// <param name="Coloured">Where there are colours.</param>
/// <param name="Style">The colours.</param>
public readonly record struct Cell(string Plain, string Coloured, Style Style)
{
    /// <summary>The ground of a board.</summary>
    public static readonly Color Dark = new(20, 26, 33), Light = new(27, 34, 43);

    /// <summary>What is to be seen first, what ended well, what lies behind it, and what ended badly.</summary>
    public static readonly Color Bright = new(116, 227, 157), Green = new(63, 185, 111), Orange = new(255, 107, 79), Red = new(220, 58, 34);

    private static readonly Color s_eyes = new(11, 31, 18);

    /// <summary>Where a game was lost.</summary>
    public static Cell Struck { get; } = Thing("XX", Color.White, Red);

    /// <summary>Whom one looks at.</summary>
    public static Cell Hero { get; } = new("@@", "••", new Style(s_eyes, Bright, Decoration.Bold));

    /// <summary>The same where it has come to grief.</summary>
    public static Cell Dazed { get; } = new("@@", "xx", new Style(s_eyes, Red, Decoration.Bold));

    /// <summary>Something on the ground.</summary>
    public static Cell Thing(string text, Color colour, Color? ground = null)
        => new(text, text, new Style(colour, ground ?? Dark, Decoration.Bold));

    /// <summary>A cell that is all of one colour. Its text is only seen where there are no colours.</summary>
    public static Cell Filled(string text, Color colour) => new(text, text, new Style(colour, colour));
}

/// <summary>A board of cells in a box. Rows and columns -1, and those behind the last ones, are the box.</summary>
public sealed class Board
{
    private static readonly Style s_box = new(Color.Grey);

    private readonly Cell[,] _cells;

    /// <summary>An empty board, chequered or plain.</summary>
    public Board(int rows, int columns, bool chequered = true)
    {
        (Rows, Columns) = (rows, columns);
        _cells = new Cell[rows + 2, columns + 2];
        for (int row = -1; row <= rows; row++)
        {
            for (int column = -1; column <= columns; column++)
                _cells[row + 1, column + 1] = Empty(row, column, chequered);
        }
    }

    /// <summary>Rows, the box left out.</summary>
    public int Rows { get; }

    /// <summary>Columns, the box left out.</summary>
    public int Columns { get; }

    /// <summary>Places something. The sides of the box have room for one character.</summary>
    public Cell this[int row, int column]
    {
        set
        {
            int width = _cells[row + 1, column + 1].Plain.Length;
            _cells[row + 1, column + 1] = value with { Plain = value.Plain[..width], Coloured = value.Coloured[..width] };
        }
    }

    /// <summary>Whether a place is on the board, and not in its box.</summary>
    public static bool Contains(int rows, int columns, (int Row, int Column) place)
        => place.Row >= 0 && place.Row < rows && place.Column >= 0 && place.Column < columns;

    /// <summary>The lines of the board with its box, cell by cell.</summary>
    public IEnumerable<IEnumerable<Cell>> Lines()
        => Enumerable.Range(0, Rows + 2).Select(row => Enumerable.Range(0, Columns + 2).Select(column => _cells[row, column]));

    private Cell Empty(int row, int column, bool chequered)
    {
        bool upper = row < 0, lower = row == Rows, left = column < 0, right = column == Columns;
        return (upper || lower, left || right) switch
        {
            (true, true) => new Cell("+", upper ? left ? "╭" : "╮" : left ? "╰" : "╯", s_box),
            (true, false) => new Cell("--", "──", s_box),
            (false, true) => new Cell("|", "│", s_box),
            _ => new Cell(chequered ? " ." : "  ", "  ", new Style(background: Ground(row, column, chequered))),
        };
    }

    private static Color Ground(int row, int column, bool chequered) => chequered && (row + column) % 2 != 0 ? Cell.Light : Cell.Dark;
}
