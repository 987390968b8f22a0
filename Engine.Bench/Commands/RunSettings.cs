using Engine.Bench.Output;

namespace Engine.Bench.Commands;

/// <summary>The settings that every run has. Those of a command derive from it; a run writes all of them to config.json.</summary>
public record RunSettings
{
    /// <summary>The first seed; the others follow it.</summary>
    public int Seed { get; init; }

    /// <summary>The number of seeds.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>The device that computes.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Threads of the processor; 0 for all cores.</summary>
    public int Threads { get; init; }

    /// <summary>Fails if a value makes no sense, wherever it came from. Called by <see cref="CommonOptions.Read{T}"/>.</summary>
    /// <exception cref="UserError">A value makes no sense.</exception>
    public virtual void Check()
    {
        Require(Seed >= 0, "seed", Seed, "give 0 or more");
        Require(Seeds >= 1, "seeds", Seeds, "give 1 or more");
        Require(Threads >= 0, "threads", Threads, "give 0 for all cores, or a number of threads");
    }

    /// <summary>Fails with "NAME is VALUE: REMEDY." unless <paramref name="holds"/>.</summary>
    protected static void Require(bool holds, string name, object value, string remedy)
    {
        if (!holds)
            throw new UserError(FormattableString.Invariant($"{name} is {value}: {remedy}."));
    }
}
