using Engine.Core;
using Engine.Kernels;
using Engine.RL.Meta;
using Engine.RL.Training;

namespace Engine.Bench.Workloads;

/// <summary>Updates of agents, one after the other, as training makes them: games go on, networks learn.</summary>
/// <param name="trainer">Makes the updates; disposed with the work.</param>
internal sealed class UpdateWork(Trainer trainer) : IWork
{
    /// <summary>What makes the updates.</summary>
    public Trainer Trainer => trainer;

    /// <summary>Updates of some agents as one batch, with seeds from 0 on.</summary>
    public static UpdateWork Of(LearningSettings settings, MetaGradientMethod method, int agents, Device device)
        => new(new(settings.CreateEnvironment(), settings, method, [.. Enumerable.Range(0, agents)], device));

    // What an update has measured is on the host when it is done.
    public Tensor[] Run()
    {
        trainer.Step();
        return [];
    }

    public void Dispose() => trainer.Dispose();
}
