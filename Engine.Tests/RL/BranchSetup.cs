using Engine.Core;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.Tests.RL;

/// <summary>
/// A small learning problem under way: networks, their optimiser's state after some updates, and discounts, one row of each for every
/// replicate. With tanh everything is smooth, as finite differences need it.
/// </summary>
internal sealed class BranchSetup
{
    private readonly ElementType _type;
    private readonly Discounting _discounting;
    private readonly Activation _activation;

    public BranchSetup(
        int replicates,
        ElementType type = ElementType.Float64,
        Discounting discounting = Discounting.Power,
        Activation activation = Activation.Tanh,
        Device? device = null)
    {
        device ??= Device.Cpu;
        (_type, _discounting, _activation) = (type, discounting, activation);
        var random = new Random(11);
        Keys = Key.Of(2, device).Fold(9).Split(replicates);
        Raw = Random([replicates, MarkovRewardProcess.States], -1, 1);
        Parameters = Task.Initialise(Keys);

        Tensor Random(Shape shape, double low, double high) => Tensor.From(
            [.. Enumerable.Range(0, shape.ElementCount).Select(_ => low + ((high - low) * random.NextDouble()))], shape, type, device);
        First = Random(Parameters[0].Shape, -0.1, 0.1);
        Second = Random(Parameters[0].Shape, 0.01, 0.02);
    }

    public ValuePrediction Task => new(new Mlp([1, 10, 10, 1], _activation), StateInput.Scaled, _discounting, Batch: 4, _type);

    public Key Keys { get; }

    public Tensor Raw { get; }

    public Tensor[] Parameters { get; }

    private Tensor First { get; }

    private Tensor Second { get; }

    public OptimiserState<Tensor[]> State(Optimiser optimiser)
    {
        var step = Tensor.Full(3, [], ElementType.Int32, Raw.Device);
        return ((optimiser as Chain)?.Rest ?? optimiser) switch
        {
            Adam => new AdamState<Tensor[]>(step, [First], [Second]),
            RmsProp => new RmsPropState<Tensor[]>(step, [Second]),
            _ => new SgdState<Tensor[]>(step),
        };
    }

    public IMetaProblem<Trajectories> Problem(Tensor raw) => Task.With(raw.Sigmoid(), Keys);

    public BranchPoint[] Branch(Optimiser optimiser, int steps, Tensor? raw = null, double? trace = null)
        => LookAhead.Branch(Problem(raw ?? Raw), optimiser, Parameters, State(optimiser), steps, new BranchOptions(trace));
}
