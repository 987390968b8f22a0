using Engine.Kernels;
using Engine.RL.Meta;
using Engine.RL.Training;
using static System.FormattableString;

namespace Engine.Bench.Runs;

/// <summary>The memory of agents' inner updates: what becomes of it where the settings leave it open, or where it was too much.</summary>
internal static class InnerMemory
{
    private const double GiB = 1 << 30;

    /// <summary>Whether agents go backward through inner updates of which they keep all: mixed memory would be less.</summary>
    /// <param name="runs">The agents, which have the same settings.</param>
    public static bool IsPlain(IReadOnlyList<AgentRun> runs)
        => runs[0].Settings is { Differentiation: Differentiation.Reverse, Memory: not LoopMemory.Mixed }
            && runs.Any(run => MetaGradientMethod.Parse(run.Method).Ahead > 0);

    /// <summary>Chooses plain memory for agents that begin if they fit into what is free, else mixed memory, and says so.</summary>
    /// <param name="runs">The agents.</param>
    /// <param name="device">Where.</param>
    /// <param name="threads">Threads that they share.</param>
    /// <param name="parallel">How many train at the same time.</param>
    /// <param name="output">Where it is said.</param>
    /// <param name="free">Bytes that are free; null for what the device says.</param>
    public static LoopMemory Choose(
        IReadOnlyList<AgentRun> runs, Device device, int threads, int parallel, TextWriter output, long? free = null)
    {
        if (!IsPlain(runs))
            return LoopMemory.Plain;
        long most = AgentRuns.Plan(runs, device, threads, parallel), bytes = free ?? device.FreeBytes;
        if (most <= bytes)
            return LoopMemory.Plain;
        output.WriteLine(Invariant(
            $"Inner updates get mixed memory: plain may take {most / GiB:N1} GiB, and {bytes / GiB:N1} are free."));
        return LoopMemory.Mixed;
    }

    /// <summary>What has gone wrong for want of memory in a run that <see cref="IsPlain"/>, with the remedy.</summary>
    public static OutOfMemoryException Advised(OutOfMemoryException cause)
        => new($"{cause.Message} Begun anew with --memory mixed, it takes less.", cause);
}
