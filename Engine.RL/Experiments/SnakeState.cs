using Engine.Core;
using Engine.Core.Files;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Agents;

namespace Engine.RL.Experiments;

/// <summary>Everything that an update of an agent changes.</summary>
/// <param name="Raw">The numbers that stand for the meta-parameters, [4].</param>
/// <param name="Meta">The meta-optimiser's state.</param>
/// <param name="Parameters">The network's parameters.</param>
/// <param name="Optimiser">The inner optimiser's state.</param>
/// <param name="Environments">The environments' state.</param>
/// <param name="Returns">Rewards of each environment's episode so far, [environments].</param>
internal sealed record SnakeState(
    Tensor Raw,
    OptimiserState<Tensor> Meta,
    Tensor[] Parameters,
    OptimiserState<Tensor[]> Optimiser,
    Tensor[] Environments,
    Tensor Returns)
{
    /// <summary>The state before the first update.</summary>
    public static SnakeState Initial(SnakeTask task, int environments, int seed, Device device)
    {
        var raw = Tensor.From(task.RawStart, [task.RawStart.Length], ElementType.Float32, device);
        Tensor[] parameters = [.. task.Network.Initialise(SeedKeys.Weights(seed, device))];
        return new SnakeState(
            raw,
            task.MetaOptimiser.Initial(raw),
            parameters,
            task.Optimiser.Initial(parameters),
            task.Environment.Reset(SeedKeys.Start(seed, device).Split(environments)),
            Tensor.Zeros([environments], ElementType.Float32, device));
    }

    /// <summary>Copies the state to the host.</summary>
    /// <param name="network">The network that the parameters belong to.</param>
    public Dictionary<string, StoredTensor> Capture(ActorCritic network)
        => Names(network).Zip(Tree.Leaves(this), (name, tensor) => KeyValuePair.Create(name, tensor.ToStored())).ToDictionary();

    /// <summary>A captured state, laid out like this one.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing, or has another type or shape.</exception>
    public SnakeState Restore(IReadOnlyDictionary<string, StoredTensor> stored, ActorCritic network, Device device)
    {
        return Tree.With(this, [.. Names(network).Zip(Tree.Leaves(this), Read)]);

        Tensor Read(string name, Tensor like)
        {
            if (!stored.TryGetValue(name, out var found))
                throw new InvalidDataException($"The checkpoint has no tensor '{name}'.");
            return found.Type == like.Type && (Shape)found.Shape.ToArray() == like.Shape
                ? Tensor.From(found, device)
                : throw new InvalidDataException(
                    $"The checkpoint's tensor '{name}' is {found.Type} {(Shape)found.Shape.ToArray()}, not {like.Type} {like.Shape}.");
        }
    }

    // Of the tensors, in their order.
    private IEnumerable<string> Names(ActorCritic network)
        =>
        [
            "raw",
            .. Tree.Leaves(Meta).Select((_, i) => $"meta.{i:d2}"),
            .. network.ParameterShapes.Select(parameter => TrainedAgent.Prefix + parameter.Name),
            .. Tree.Leaves(Optimiser).Select((_, i) => $"optimiser.{i:d2}"),
            .. Environments.Select((_, i) => $"environment.{i:d2}"),
            "returns",
        ];
}
