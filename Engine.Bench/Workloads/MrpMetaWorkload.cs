using Engine.Core;
using Engine.Kernels;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.Bench.Workloads;

/// <summary>
/// The mean of many meta-gradients of the Markov reward process from fresh Adam states, rewards drawn within the call.
/// </summary>
internal sealed class MrpMetaWorkload : IWork
{
    private readonly MrpMetaGradients _meta;

    public MrpMetaWorkload(int replicates, MetaGradientMethod method, Device device)
        => _meta = new(Settings, method, replicates, device);

    /// <summary>What is learned.</summary>
    public static MrpSettings Settings { get; } = new DiscountLearningSettings { Seeds = 1, Input = StateInput.Scaled };

    public Tensor[] Run() => [_meta.Run()];

    public void Dispose() => _meta.Dispose();
}
