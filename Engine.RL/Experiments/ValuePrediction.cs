using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>What the value network sees of a state.</summary>
public enum StateInput
{
    /// <summary>The index, 0 to 9.</summary>
    Raw,

    /// <summary>The index mapped to [-1, 1].</summary>
    Scaled,
}

/// <summary>
/// Predicting the values of the Markov reward process with per-state discounts as meta-parameters (section 2.1 and appendix C.1 of
/// the paper). All trajectories visit the same ten states, so the network is evaluated on ten inputs only.
/// </summary>
/// <param name="Network">The value network, one input and one output.</param>
/// <param name="Input">What it sees of a state.</param>
/// <param name="Discounting">How discounts weigh rewards in the inner target.</param>
/// <param name="Batch">Trajectories of a rollout.</param>
/// <param name="Type">The element type of all floating-point tensors.</param>
public sealed record ValuePrediction(
    Mlp Network,
    StateInput Input = StateInput.Raw,
    Discounting Discounting = Discounting.Power,
    int Batch = 32,
    ElementType Type = ElementType.Float32)
{
    /// <summary>The learning problem with given discounts.</summary>
    /// <param name="gamma">[..., 10].</param>
    /// <param name="sample">Makes the trajectories of each inner step; those of a fresh validation rollout for ~step.</param>
    public IMetaProblem<Trajectories> With(Tensor gamma, Func<int, Trajectories> sample) => new Problem(this, gamma, sample);

    /// <summary>The learning problem with given discounts and trajectories drawn from keys.</summary>
    /// <param name="gamma">[..., 10].</param>
    /// <param name="key">What to draw from.</param>
    public IMetaProblem<Trajectories> With(Tensor gamma, Key key)
        => With(gamma, step => MarkovRewardProcess.Draw(key.Fold(step), Batch, Type));

    /// <summary>Parameters of networks as they are learned: one vector for each, [..., count].</summary>
    /// <param name="key">What to draw from; several keys draw several networks.</param>
    public Tensor[] Initialise(Key key) => [Network.Flatten(Network.Initialise(key, Type))];

    /// <summary>The value of each state, [..., 10].</summary>
    /// <param name="parameters">One tensor, as <see cref="Initialise"/> makes it.</param>
    public Tensor Values(IReadOnlyList<Tensor> parameters)
    {
        var device = parameters[0].Device;
        double[] states = [.. Enumerable.Range(0, MarkovRewardProcess.States).Select(i => Input == StateInput.Raw ? i : (i / 4.5) - 1)];
        var values = Network.Apply(Network.Split(parameters[0]), Tensor.From(states, [states.Length, 1], Type, device));
        return values.ReshapeTo(values.Shape.Sizes[..^1].ToArray());
    }

    /// <summary>The mean squared error to the true values, [...].</summary>
    public Tensor TrueError(IReadOnlyList<Tensor> parameters)
    {
        var truth = Tensor.From(MarkovRewardProcess.TrueValues, [MarkovRewardProcess.States], Type, parameters[0].Device);
        return (Values(parameters) - truth).Square().Mean(-1);
    }

    /// <summary>Half the mean squared error, over trajectories and states, between targets and values; [...].</summary>
    /// <param name="values">[..., 10].</param>
    /// <param name="trajectories">Their rewards.</param>
    /// <param name="weights">What reward j counts in the target of state i, [..., 10, 10].</param>
    private static Tensor SquaredError(Tensor values, Trajectories trajectories, Tensor weights)
    {
        // The error to the mean target, plus the spread of targets around it, which no value can change: a program that wants
        // nothing but the gradient drops the spread.
        var meanTargets = Targets(trajectories.MeanRewards.Unsqueeze(-2), weights);
        var targets = Targets(trajectories.Rewards, weights);
        var error = (meanTargets.ReshapeTo(trajectories.MeanRewards.Shape) - values).Square().Mean(-1);
        var spread = (targets - meanTargets).Square().Mean(-2, -1);
        return (error + spread) * 0.5;
    }

    // [..., n, 10] rewards to targets of the same shape.
    private static Tensor Targets(Tensor rewards, Tensor weights) => rewards.MatMul(weights, transposeB: true);

    private sealed class Problem(ValuePrediction task, Tensor gamma, Func<int, Trajectories> sample) : IMetaProblem<Trajectories>
    {
        private readonly Tensor _inner = MarkovRewardProcess.Weights(gamma, task.Discounting);
        private readonly Tensor _outer = MarkovRewardProcess.Undiscounted(gamma.Type, gamma.Device);

        public Tensor[] Start => [];

        public (Trajectories Rollout, Tensor[] State) Sample(
            IReadOnlyList<Tensor> parameters, Tensor[] state, int step, bool validation)
            => (sample(validation ? ~step : step), []);

        public Tensor InnerLoss(IReadOnlyList<Tensor> parameters, Trajectories rollout)
            => SquaredError(task.Values(parameters), rollout, _inner);

        public Tensor OuterLoss(IReadOnlyList<Tensor> parameters, Trajectories rollout)
            => SquaredError(task.Values(parameters), rollout, _outer);
    }
}
