using Engine.Core;
using Engine.Kernels;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.Bench.Workloads;

/// <summary>
/// The mean of many n-step meta-gradients of the Markov reward process from fresh Adam states, rewards drawn within the call.
/// </summary>
internal sealed class MrpMetaWorkload : IWork
{
    private readonly MrpMetaGradients _meta;

    public MrpMetaWorkload(int replicates, int steps, Device device)
        => _meta = new(
            new DiscountLearningSettings { Seeds = 1, Input = StateInput.Scaled },
            new MetaGradientMethod(MetaGradientKind.Classic, steps),
            replicates,
            device);

    public Tensor[] Run() => [_meta.Run()];

    public void Dispose() => _meta.Dispose();
}
