using Engine.RL.Environments;
using Spectre.Console;
using static System.FormattableString;

namespace Engine.Bench.Games;

/// <summary>One frame of an episode of the cart-pole, on the host.</summary>
/// <param name="Position">The cart's position, from -2.4 at the left end of the track to 2.4.</param>
/// <param name="Angle">The pole's angle to the right of upright, in radians.</param>
/// <param name="Step">Steps taken in the episode.</param>
/// <param name="Return">The sum of rewards so far.</param>
/// <param name="Terminated">Whether the pole has fallen or the cart has left its track.</param>
/// <param name="Truncated">Whether the step limit has cut off the episode.</param>
public sealed record CartPoleFrame(double Position, double Angle, int Step, double Return, bool Terminated, bool Truncated)
    : GameFrame(Step, Return)
{
    // A row is as high as two characters are wide, and the pole as long as 1/4.8 of the track.
    private const int Columns = 31, PoleRows = 6;

    /// <inheritdoc/>
    public override string Outcome
        => !Terminated ? Won ? "upright to the step limit" : ""
        : Math.Abs(Position) > CartPole.Track ? "left the track" : "the pole fell";

    /// <inheritdoc/>
    public override bool Won => Truncated && !Terminated;

    /// <inheritdoc/>
    public override string Status => Invariant($"{base.Status}  cart {Position:0.00}  pole {Angle * 180 / Math.PI:0.0} degrees");

    /// <summary>[==] is the cart, which carries the pole.</summary>
    public override Board Draw()
    {
        double middle = Columns * (1 + (Position / CartPole.Track));
        char[][] text = [.. Enumerable.Range(0, PoleRows + 1).Select(_ => new string(' ', 2 * Columns).ToCharArray())];
        char pole = Math.Tan(Angle) switch { > 0.06 => '/', < -0.06 => '\\', _ => '|' };
        for (int row = 0; row < PoleRows; row++)
            Put(PoleRows - 1 - row, middle + (Math.Tan(Angle) * (1 + (2 * row))), pole);
        foreach (var (at, character) in "[==]".Index())
            Put(PoleRows, middle + at - 1.5, character);

        var board = new Board(PoleRows + 1, Columns, chequered: false);
        for (int row = 0; row <= PoleRows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                var colour = row == PoleRows ? Cell.Bright : Terminated ? Cell.Red : Cell.Orange;
                board[row, column] = Cell.Thing(new string(text[row], 2 * column, 2), colour);
            }
        }

        return board;

        void Put(int row, double at, char character)
        {
            int column = (int)Math.Floor(at);
            if (column >= 0 && column < 2 * Columns)
                text[row][column] = character;
        }
    }

    /// <summary>Reads a moment of an episode.</summary>
    internal static new CartPoleFrame Read(Moment moment)
    {
        float[] motion = ((CartPole.State)moment.State).Motion.ToArray<float>();
        return new CartPoleFrame(motion[0], motion[2], moment.Step, moment.Return, moment.Terminated, moment.Truncated);
    }
}
