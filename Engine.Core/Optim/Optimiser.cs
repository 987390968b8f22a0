using Engine.Kernels;

namespace Engine.Core.Optim;

/// <summary>What an optimiser remembers between updates.</summary>
/// <param name="Step">The number of updates made, Int32 without axes.</param>
/// <param name="Slots">
/// Moving averages, as many groups as the optimiser keeps for each parameter: all first ones, then all second ones.
/// </param>
public sealed record OptimiserState(Tensor Step, Tensor[] Slots);

/// <summary>
/// A rule that makes new parameters from old ones and their gradients: a function, written in tensor operations, and so
/// differentiable in everything that goes in.
/// </summary>
/// <param name="LearningRate">The step size, from 0 up.</param>
public abstract record Optimiser(double LearningRate)
{
    /// <summary>The step size.</summary>
    public double LearningRate
    {
        get;
        init => field = Option.NotNegative(value, nameof(LearningRate));
    } = Option.NotNegative(LearningRate, nameof(LearningRate));

    /// <summary>The number of moving averages for each parameter.</summary>
    public abstract int SlotsPerParameter { get; }

    /// <summary>The state before the first update.</summary>
    /// <param name="parameters">The parameters, one or more.</param>
    public OptimiserState Initial(IReadOnlyList<Tensor> parameters)
        => new(
            Tensor.Zeros([], ElementType.Int32, parameters[0].Device),
            [.. Enumerable.Range(0, SlotsPerParameter).SelectMany(_ => parameters.Select(p => Tensor.Zeros(p.Shape, p.Type, p.Device)))]);

    /// <summary>One update.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="gradients">Their gradients, of the same shapes.</param>
    /// <param name="state">What the last update left.</param>
    /// <param name="learningRate">
    /// A step size in place of <see cref="LearningRate"/>, such as that of a schedule: without axes, or one that broadcasts to every
    /// parameter.
    /// </param>
    /// <exception cref="ArgumentException">Gradients, the state or the step size do not fit the parameters.</exception>
    public abstract (Tensor[] Parameters, OptimiserState State) Update(
        IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, OptimiserState state, Tensor? learningRate = null);

    /// <summary>Throws if something does not fit the parameters: broadcasting would hide it.</summary>
    private protected void Require(
        IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, OptimiserState state, Tensor? learningRate)
    {
        if (gradients.Count != parameters.Count)
            throw Error($"{gradients.Count} gradients were given for {parameters.Count} parameters");
        int slots = SlotsPerParameter * parameters.Count;
        if (state.Slots.Length != slots)
            throw Error($"the state has {state.Slots.Length} slots, but {parameters.Count} parameters need {slots}");
        for (int i = 0; i < parameters.Count; i++)
        {
            var shape = parameters[i].Shape;
            if (gradients[i].Shape != shape)
                throw Error($"parameter {i} of shape {shape} has a gradient of shape {gradients[i].Shape}");
            for (int slot = i; slot < state.Slots.Length; slot += parameters.Count)
            {
                if (state.Slots[slot].Shape != shape)
                    throw Error($"parameter {i} of shape {shape} has slot {slot} of the state of shape {state.Slots[slot].Shape}");
            }

            if (learningRate is not null && Shape.Broadcast(learningRate.Shape, shape) != shape)
                throw Error($"a learning rate of shape {learningRate.Shape} does not broadcast to parameter {i} of shape {shape}");
        }

        ArgumentException Error(string problem) => new($"{GetType().Name}: {problem}.");
    }

    /// <summary>p - rate * update, where the rate is a number or a tensor without axes.</summary>
    private protected Tensor Descend(Tensor parameter, Tensor update, Tensor? learningRate)
        => learningRate is null
            ? new Operations.LinearCombination(1, -LearningRate).Apply(parameter, update)
            : Tensor.MultiplyAdd(update, -learningRate, parameter);
}
