using Engine.Core;
using Engine.RL.Training;

namespace Engine.Bench.Workloads;

/// <summary>Updates of agents, one after the other, as training makes them: games go on, networks learn.</summary>
/// <param name="trainer">Makes the updates; disposed with the work.</param>
internal sealed class UpdateWork(Trainer trainer) : IWork
{
    /// <summary>What makes the updates.</summary>
    public Trainer Trainer => trainer;

    // What an update has measured is on the host when it is done.
    public Tensor[] Run()
    {
        trainer.Step();
        return [];
    }

    public void Dispose() => trainer.Dispose();
}
