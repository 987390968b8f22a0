using Engine.Core;
using Engine.Core.Nn;
using Engine.Core.Optim;
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
/// the paper). All trajectories visit the same ten states, so the network is evaluated on ten inputs only. Its parameters are one vector.
/// </summary>
/// <param name="Optimiser">What updates the parameters.</param>
/// <param name="Input">What the network sees of a state.</param>
/// <param name="Discounting">How discounts weigh rewards in the inner target.</param>
/// <param name="Activation">What follows the network's hidden layers.</param>
/// <param name="Batch">Trajectories of a rollout.</param>
/// <param name="Type">The element type of all floating-point tensors.</param>
public sealed record ValuePrediction(
    Optimiser Optimiser,
    StateInput Input = StateInput.Raw,
    Discounting Discounting = Discounting.Power,
    Activation Activation = Activation.Relu,
    int Batch = 32,
    ElementType Type = ElementType.Float32)
{
    private static readonly int[] s_sizes = [1, 10, 10, 1];

    /// <summary>The learning problem with given discounts.</summary>
    /// <param name="gamma">[10].</param>
    public IMetaProblem<Tensor, ValueTuple, Trajectories> With(Tensor gamma)
        => With(gamma, key => MarkovRewardProcess.Draw(key, Batch, Type));

    /// <summary>The learning problem with given discounts and trajectories.</summary>
    /// <param name="gamma">[10].</param>
    /// <param name="sample">Makes the trajectories of a rollout.</param>
    public IMetaProblem<Tensor, ValueTuple, Trajectories> With(Tensor gamma, Func<Key, Trajectories> sample)
        => new Problem(this, gamma, sample);

    /// <summary>First parameters, [count].</summary>
    /// <param name="key">What to draw from, one key.</param>
    public Tensor Initial(Key key) => Tree.ToVector(Mlp.Initial(key, s_sizes, Activation, Type));

    /// <summary>The network of parameters.</summary>
    /// <param name="parameters">[count].</param>
    public Mlp Network(Tensor parameters)
    {
        // Their shapes are all that counts.
        Linear[] like = [.. s_sizes.Zip(s_sizes.Skip(1), (inputs, outputs) => new Linear(Zeros(inputs, outputs), Zeros(outputs)))];
        return new(Tree.FromVector(like, parameters), Activation);

        Tensor Zeros(params int[] shape) => Tensor.Zeros(shape, parameters.Type, parameters.Device);
    }

    /// <summary>The value of each state, [10].</summary>
    /// <param name="parameters">[count].</param>
    public Tensor Values(Tensor parameters)
    {
        double[] states = [.. Enumerable.Range(0, MarkovRewardProcess.States).Select(i => Input == StateInput.Raw ? i : (i / 4.5) - 1)];
        var inputs = Tensor.From(states, [states.Length, 1], Type, parameters.Device);
        return Network(parameters).Apply(inputs).Reshape(-1);
    }

    /// <summary>The mean squared error to the true values, a scalar.</summary>
    /// <param name="parameters">[count].</param>
    public Tensor TrueError(Tensor parameters)
    {
        var truth = Tensor.From(MarkovRewardProcess.TrueValues, [MarkovRewardProcess.States], Type, parameters.Device);
        return (Values(parameters) - truth).Square().Mean();
    }

    // Half the mean squared error, over trajectories and states, between targets and values. It is the error to the mean target, plus the
    // spread of targets around it, which no value can change: a program that wants nothing but the gradient drops the spread.
    private static Tensor SquaredError(Tensor values, Trajectories trajectories, Tensor weights)
    {
        var meanTargets = Targets(trajectories.MeanRewards.Unsqueeze(0), weights);
        var error = (meanTargets.Reshape(-1) - values).Square().Mean();
        var spread = (Targets(trajectories.Rewards, weights) - meanTargets).Square().Mean();
        return (error + spread) * 0.5;

        // What reward j counts in the target of state i is in row i, column j.
        static Tensor Targets(Tensor rewards, Tensor weights) => rewards.MatMul(weights, transposeB: true);
    }

    private sealed class Problem(ValuePrediction task, Tensor gamma, Func<Key, Trajectories> sample)
        : IMetaProblem<Tensor, ValueTuple, Trajectories>
    {
        private readonly Tensor _inner = MarkovRewardProcess.Weights(gamma, task.Discounting);
        private readonly Tensor _outer = MarkovRewardProcess.Undiscounted(gamma.Type, gamma.Device);

        public Optimiser Optimiser => task.Optimiser;

        public (Trajectories Rollout, ValueTuple Next) Sample(Tensor parameters, ValueTuple state, Key key) => (sample(key), default);

        public RolloutLosses Losses(Tensor parameters, Trajectories rollout)
        {
            var values = task.Values(parameters);
            return new(SquaredError(values, rollout, _inner), SquaredError(values, rollout, _outer));
        }

        // Values have no part in what happens.
        public Trajectories Reweighted(Trajectories rollout, Tensor behaviour, Tensor parameters) => rollout;

        // Half the mean squared difference of values, as the loss has it.
        public Tensor Distance(Tensor target, Tensor parameters, Trajectories rollout)
            => (task.Values(target) - task.Values(parameters)).Square().Mean() * 0.5;
    }
}
