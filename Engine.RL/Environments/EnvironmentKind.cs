using System.Globalization;

namespace Engine.RL.Environments;

/// <summary>Rows and columns of a board.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Columns.</param>
public readonly record struct Grid(int Rows, int Columns)
{
    /// <summary>Reads "12", for 12 rows and columns, or "10x14"; null if it is neither.</summary>
    public static Grid? TryParse(string text)
    {
        int[] sizes = [.. text.Split('x').Select(
            size => int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)];
        return sizes.Contains(-1) || sizes.Length > 2 ? null : new(sizes[0], sizes[^1]);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Rows}x{Columns}");
}

/// <summary>An environment by name, for settings.</summary>
/// <param name="Name">The name.</param>
/// <param name="Grid">The board where nothing else is said; null if it has none.</param>
/// <param name="StepLimit">The step at which an episode is truncated where nothing else is said; null if it has no limit.</param>
/// <param name="Create">Makes it, of a board and a limit if it has them.</param>
public sealed record EnvironmentKind(string Name, Grid? Grid, int? StepLimit, Func<Grid, int, IEnvironment<object>> Create)
{
    private const int MostCells = 1 << 20;

    /// <summary>All there are.</summary>
    public static IReadOnlyList<EnvironmentKind> All { get; } =
    [
        new("snake", new(12, 12), 5000, (grid, limit) => AnyEnvironment.Of(new Snake(grid.Rows, grid.Columns, limit)))
        {
            Smallest = new(2, 2),
        },
        new("catch", new(10, 5), null, (grid, _) => AnyEnvironment.Of(new Catch(grid.Rows, grid.Columns)))
        {
            Smallest = new(2, 1),
        },
        new("cartpole", null, 500, (_, limit) => AnyEnvironment.Of(new CartPole(limit))),
        new("maze", new(9, 9), 100, (grid, limit) => AnyEnvironment.Of(new Maze(grid.Rows, grid.Columns, limit)))
        {
            Smallest = new(5, 5),
        },
    ];

    /// <summary>The smallest board; null where there is none.</summary>
    public Grid? Smallest { get; init; }

    /// <summary>The kind of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message names those there are.</exception>
    public static EnvironmentKind Named(string name)
        => All.FirstOrDefault(kind => kind.Name == name) ?? throw new ArgumentException(
            $"env is '{name}', but must be one of {string.Join(", ", All.Select(kind => kind.Name))}.");

    /// <summary>Makes one.</summary>
    /// <param name="grid">The board; null for the usual one.</param>
    /// <param name="stepLimit">The step at which an episode is truncated; null for the usual one.</param>
    /// <exception cref="ArgumentException">It has no board or no limit, or the environment refuses them.</exception>
    public IEnvironment<object> Of(Grid? grid = null, int? stepLimit = null)
    {
        if (grid is not null && Grid is null)
            throw new ArgumentException($"grid is {grid}, but {Name} has no board: leave it out.");
        if (stepLimit is not null && StepLimit is null)
            throw new ArgumentException($"step-limit is {stepLimit}, but episodes of {Name} end by themselves: leave it out.");
        if (grid is { } board && Smallest is { } least)
        {
            if (board.Rows < least.Rows || board.Columns < least.Columns)
                throw new ArgumentException($"grid is {board}, but must be at least {least} of {Name}.");
            if ((long)board.Rows * board.Columns > MostCells)
                throw new ArgumentException(FormattableString.Invariant($"grid is {board}, but must be of at most {MostCells} cells."));
        }

        return Create(grid ?? Grid ?? default, stepLimit ?? StepLimit ?? 0);
    }
}
