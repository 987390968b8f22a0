using Engine.RL.Environments;

namespace Engine.Bench.Games;

/// <summary>One frame of a game of Catch, on the host.</summary>
/// <param name="Rows">Rows of the board.</param>
/// <param name="Columns">Columns of the board.</param>
/// <param name="Ball">Where the ball is.</param>
/// <param name="Paddle">The paddle's column; it is in the last row.</param>
/// <param name="Step">Steps taken in the episode.</param>
/// <param name="Return">The sum of rewards so far.</param>
public sealed record CatchFrame(int Rows, int Columns, (int Row, int Column) Ball, int Paddle, int Step, double Return)
    : GameFrame(Step, Return)
{
    /// <inheritdoc/>
    public override string Outcome => Ball.Row < Rows - 1 ? "" : Won ? "caught" : "missed";

    /// <inheritdoc/>
    public override bool Won => Ball == (Rows - 1, Paddle);

    /// <summary>() is the ball, == the paddle.</summary>
    public override Board Draw()
    {
        var board = new Board(Rows, Columns) { [Rows - 1, Paddle] = Cell.Filled("==", Cell.Bright) };
        board[Ball.Row, Ball.Column] = Won ? Cell.Thing("()", Cell.Dark, Cell.Bright)
            : Outcome.Length > 0 ? Cell.Struck
            : Cell.Thing("()", Cell.Orange);
        return board;
    }

    /// <summary>Reads a moment of a game.</summary>
    internal static new CatchFrame Read(Moment moment)
    {
        var (shape, state) = (moment.Game.ObservationShape, (Catch.State)moment.State);
        var ball = ((int)state.Row.Item(), (int)state.Column.Item());
        return new CatchFrame(shape[0], shape[1], ball, (int)state.Paddle.Item(), moment.Step, moment.Return);
    }
}
