using Engine.Kernels;

namespace Engine.Bench.Workloads;

/// <summary>What a call of recorded work gives to its device.</summary>
/// <param name="Kinds">Its commands by kind; none of work that is not recorded.</param>
/// <param name="WorkingBytes">The memory that they share.</param>
internal sealed record ReplayCounts(IReadOnlyList<CommandKind> Kinds, long WorkingBytes)
{
    /// <summary>How many commands there are.</summary>
    public long Commands => Kinds.Sum(kind => kind.Count);

    /// <summary>Those that only move numbers.</summary>
    public long Copies => Kinds.Where(kind => kind.IsCopy).Sum(kind => kind.Count);

    /// <summary>The others.</summary>
    public long Kernels => Commands - Copies;

    /// <summary>Floating-point operations of its products and convolutions.</summary>
    public double Operations => Kinds.Sum(kind => kind.Operations);

    /// <summary>Bytes of the tensors that its commands read and write.</summary>
    public double Bytes => Kinds.Sum(kind => kind.Bytes);

    /// <summary>Those of one more call of work.</summary>
    public static ReplayCounts Of(IWork work, Device device, CancellationToken cancel)
    {
        using var profile = ReplayProfile.Begin();
        Timing.Call(work, device, cancel);
        return new(profile.Kinds, profile.WorkingBytes);
    }
}
