using Engine.Core;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.Tests.RL;

/// <summary>A learner under way: numbers that stand for its discounts, what it has learned, and the key of its updates.</summary>
internal sealed record SmallLearner(Tensor Raw, InnerState<Tensor, ValueTuple> Inner, Key Key);

/// <summary>
/// A small learning problem, and a learner of it with an optimiser's state after some updates. With tanh everything is smooth, as finite
/// differences need it.
/// </summary>
internal sealed class InnerLoopSetup
{
    private readonly ElementType _type;
    private readonly Discounting _discounting;
    private readonly Activation _activation;
    private readonly Tensor _first;
    private readonly Tensor _second;

    public InnerLoopSetup(
        int seed = 0,
        ElementType type = ElementType.Float64,
        Discounting discounting = Discounting.Power,
        Activation activation = Activation.Tanh,
        Device? device = null)
    {
        device ??= Device.Cpu;
        (_type, _discounting, _activation) = (type, discounting, activation);
        var random = new Random(11 + seed);
        Key = Key.Of(2 + seed, device).Fold(9);
        Raw = Random([MarkovRewardProcess.States], -1, 1);
        Parameters = Task(new Sgd(1)).Initial(Key);
        _first = Random(Parameters.Shape, -0.1, 0.1);
        _second = Random(Parameters.Shape, 0.01, 0.02);

        Tensor Random(Shape shape, double low, double high) => Tensor.From(
            [.. Enumerable.Range(0, shape.ElementCount).Select(_ => low + ((high - low) * random.NextDouble()))], shape, type, device);
    }

    /// <summary>Optimisers without memory, with moments, and behind a clip.</summary>
    public static Optimiser[] Optimisers { get; } =
        [new Sgd(0.05), new Adam(0.01, EpsilonRoot: 1e-8), new Chain(new ClipByGlobalNorm(0.1), new RmsProp(0.01, EpsilonRoot: 1e-8))];

    public Key Key { get; }

    public Tensor Raw { get; }

    public Tensor Parameters { get; }

    /// <summary>Learners of several seeds as one.</summary>
    public static SmallLearner Several(Optimiser optimiser, int count, ElementType type, Activation activation = Activation.Tanh)
    {
        SmallLearner[] each =
            [.. Enumerable.Range(0, count).Select(i => new InnerLoopSetup(i, type, activation: activation).Learner(optimiser))];
        Tensor[][] leaves = [.. each.Select(Tree.Leaves)];
        return Tree.With(
            each[0], [.. Enumerable.Range(0, leaves[0].Length).Select(i => Tensor.Stack(0, [.. leaves.Select(own => own[i])]))]);
    }

    public ValuePrediction Task(Optimiser optimiser)
        => new(optimiser, StateInput.Scaled, _discounting, _activation, Batch: 4, _type);

    /// <summary>Learners in a batch get what each gets by itself.</summary>
    public static void AssertOwnInABatch(Optimiser optimiser, Func<ValuePrediction, SmallLearner, Tensor[]> of)
    {
        var task = new InnerLoopSetup().Task(optimiser);
        var learners = Several(optimiser, 3, ElementType.Float64);
        var together = Batch.Map(learner => of(task, learner), learners);
        for (int i = 0; i < 3; i++)
        {
            foreach (var (all, one) in together.Zip(of(task, Tree.Map(learners, x => x[i]))))
                Close.All(one.ToDoubles(), all[i].ToDoubles(), 1e-12);
        }
    }

    public SmallLearner Learner(Optimiser optimiser) => new(Raw, Start(optimiser), Key);

    public InnerState<Tensor, ValueTuple> Start(Optimiser optimiser)
    {
        var step = Tensor.Full(3, [], ElementType.Int32, Raw.Device);
        OptimiserState<Tensor> state = ((optimiser as Chain)?.Rest ?? optimiser) switch
        {
            Adam => new AdamState<Tensor>(step, _first, _second),
            RmsProp => new RmsPropState<Tensor>(step, _second),
            _ => new SgdState<Tensor>(step),
        };
        return new(Parameters, state, default);
    }

    public IMetaProblem<Tensor, ValueTuple, Trajectories> Problem(Optimiser optimiser, Tensor? raw = null)
        => Task(optimiser).With((raw ?? Raw).Sigmoid());

    public MetaPoint<Tensor, ValueTuple, Trajectories> Point(Optimiser optimiser)
        => new(raw => Problem(optimiser, raw), Raw, Start(optimiser));

    public InnerPoint<Tensor, ValueTuple, Trajectories>[] Unroll(
        Optimiser optimiser, int steps, Tensor? raw = null, double? trace = null)
        => InnerLoop.Unroll(Problem(optimiser, raw), Start(optimiser), Key, steps, new(trace));

    public InnerPoint<Tensor, ValueTuple, Trajectories>[] Unroll(Optimiser optimiser, int steps, UnrollOptions options)
        => InnerLoop.Unroll(Problem(optimiser), Start(optimiser), Key, steps, options);
}
