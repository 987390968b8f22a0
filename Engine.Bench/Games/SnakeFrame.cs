using Engine.Core;
using Engine.RL.Environments;
using Spectre.Console;

namespace Engine.Bench.Games;

/// <summary>One frame of a game of Snake, on the host.</summary>
/// <param name="Rows">Rows of the board.</param>
/// <param name="Columns">Columns of the board.</param>
/// <param name="Body">The snake's cells from head to tail, numbered along rows.</param>
/// <param name="Fruit">The cell of the fruit; null if there is none.</param>
/// <param name="Step">Steps taken in the episode. The one that ends it by a crash moves nothing, and counts.</param>
/// <param name="Return">The sum of rewards so far.</param>
/// <param name="End">Whether the episode has ended here, and how.</param>
public sealed record SnakeFrame(
    int Rows, int Columns, IReadOnlyList<int> Body, int? Fruit, int Step, double Return, SnakeEnd End = SnakeEnd.None)
    : GameFrame(Step, Return)
{
    /// <summary>Where the move led that lost the game: a cell of the body, or one beyond the board; null if it is not lost.</summary>
    public (int Row, int Column)? Struck { get; init; }

    /// <summary>Whether the snake has bitten itself.</summary>
    public bool HasBitten => Struck is { } place && Board.Contains(Rows, Columns, place);

    /// <inheritdoc/>
    public override string Outcome => End switch
    {
        SnakeEnd.Crash => HasBitten ? "bit itself" : "hit the wall",
        SnakeEnd.Full => "board full",
        SnakeEnd.StepLimit => "step limit",
        _ => "",
    };

    /// <inheritdoc/>
    public override bool Won => End == SnakeEnd.Full;

    /// <summary>@@ is the head, ## the body, the tail ++, the fruit (), and XX what the head ran into.</summary>
    public override Board Draw()
    {
        var board = new Board(Rows, Columns);
        if (Fruit is { } fruit)
            Place(fruit, Cell.Thing("()", Cell.Orange));
        for (int i = 1; i < Body.Count; i++)
            Place(Body[i], Cell.Filled(i == Body.Count - 1 ? "++" : "##", Cell.Green.Blend(new Color(28, 82, 50), i / (float)Body.Count)));
        Place(Body[0], End == SnakeEnd.Crash ? Cell.Dazed : Cell.Hero);
        if (Struck is { } place)
            board[place.Row, place.Column] = Cell.Struck;
        return board;

        void Place(int cell, Cell thing) => board[cell / Columns, cell % Columns] = thing;
    }

    /// <summary>Reads a moment of a game.</summary>
    internal static new SnakeFrame Read(Moment moment)
    {
        var (rows, columns) = (moment.Game.ObservationShape[0], moment.Game.ObservationShape[1]);
        var picture = SnakePicture.Read(((Tensor)moment.State).ToArray<int>());
        var end = !(moment.Terminated || moment.Truncated) ? SnakeEnd.None
            : moment.Truncated ? SnakeEnd.StepLimit
            : picture.Fruit is null ? SnakeEnd.Full
            : SnakeEnd.Crash;
        return new SnakeFrame(rows, columns, picture.Body, picture.Fruit, moment.Step, moment.Return, end)
        {
            Struck = end == SnakeEnd.Crash ? Ahead(picture.Body[0] / columns, picture.Body[0] % columns, moment.Action) : null,
        };
    }

    private static (int Row, int Column) Ahead(int row, int column, int? action) => action switch
    {
        Snake.Up => (row - 1, column),
        Snake.Right => (row, column + 1),
        Snake.Down => (row + 1, column),
        _ => (row, column - 1),
    };
}
