using Engine.Core;
using Engine.Core.Files;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.RL.Training;

/// <summary>Agents that go on from others, with other settings.</summary>
public static class AgentFork
{
    /// <summary>
    /// What an agent begins with that goes on from another: its network, both optimisers, games, meta-parameters and the number of its
    /// updates, but no metrics. A meta-parameter whose start the settings change starts there.
    /// </summary>
    /// <remarks>Updates, and with them frames and the annealing of the step size, go on being counted from the other's beginning.</remarks>
    /// <param name="run">The agent.</param>
    /// <param name="source">The agent that it goes on from.</param>
    /// <param name="snapshot">Where that one stands.</param>
    /// <exception cref="ArgumentException">A setting differs that can't, or is out of range; or no update is left to be made.</exception>
    /// <exception cref="InvalidDataException">The snapshot is that of another agent.</exception>
    public static ExperimentSnapshot Of(AgentRun run, AgentRun source, ExperimentSnapshot snapshot)
    {
        var (settings, before) = (Complete(run.Settings), Complete(source.Settings));
        settings.Validate();
        foreach (var setting in Setting.Of(typeof(LearningSettings)).Where(setting => setting.About.IsInherited))
        {
            object? was = setting.Property.GetValue(before), now = setting.Property.GetValue(settings);
            string range = $"{Setting.Text(was ?? "none")}, as it is of the agent that this one goes on from";
            Setting.Require(Equals(was, now), setting.Name, now ?? "none", range);
        }

        long made = snapshot.Iteration * settings.FramesPerUpdate;
        Setting.Require(
            snapshot.Iteration < settings.Updates,
            "frames",
            settings.Frames,
            FormattableString.Invariant($"more than {made}: so many has the agent already that this one goes on from, and they count"));
        using var scope = new TensorScope();
        var formerMethod = MetaGradientMethod.Parse(source.Method);
        var update = new Update(settings, MetaGradientMethod.Parse(run.Method), settings.CreateEnvironment());
        var former = new Update(before, formerMethod, settings.CreateEnvironment()).MetaParameters.All;
        var pairs = update.MetaParameters.All.Zip(former).ToArray();
        var fresh = update.Initial(run.Seed, Device.Cpu);

        // What is behind is known of what was learned, if the other one looked back.
        bool isBehindKnown = formerMethod.LooksBack && pairs.All(pair => pair.First.IsLearned == pair.Second.IsLearned);
        var old = SafeTensors.Restored(snapshot.Tensors, isBehindKnown ? fresh : fresh with { Behind = null });
        var isChanged = Mask(pair => pair.First.Start != pair.Second.Start);

        // What is learned no more, or starts anew, has no momentum. With another seed an agent draws other numbers.
        var goesOn = Mask(pair => pair.First.IsLearned && pair.First.Start == pair.Second.Start);
        var next = old with
        {
            Updates = fresh.Updates,
            Behind = isBehindKnown ? old.Behind : fresh.Behind,
            Eta = Tensor.Where(isChanged, fresh.Eta, old.Eta),
            MetaOptimiser = Tree.Map(old.MetaOptimiser, x => x.Shape == goesOn.Shape ? x * goesOn : x),
        };
        return new AgentLog(run).Snapshot(SafeTensors.Stored(next), snapshot.Iteration);

        Tensor Mask(Func<(MetaParameter First, MetaParameter Second), bool> isOne)
            => Tensor.From([.. pairs.Select(pair => isOne(pair) ? 1.0 : 0)], old.Eta.Shape, old.Eta.Type);
    }

    // What is not given and what is given as usual are the same.
    private static LearningSettings Complete(LearningSettings settings)
    {
        var kind = EnvironmentKind.Named(settings.Env);
        return settings with { Grid = settings.Grid ?? kind.Grid, StepLimit = settings.StepLimit ?? kind.StepLimit };
    }
}
