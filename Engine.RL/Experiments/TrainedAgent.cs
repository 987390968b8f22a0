using Engine.Core;
using Engine.Core.Files;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;

namespace Engine.RL.Experiments;

/// <summary>An agent that plays Snake as it has learned to.</summary>
public sealed class TrainedAgent : IDisposable
{
    /// <summary>What names of the network's parameters begin with in a checkpoint.</summary>
    public const string Prefix = "parameters.";

    private readonly ActorCritic _network;
    private readonly Tensor[] _parameters;

    /// <summary>Takes an agent out of a checkpoint.</summary>
    /// <param name="settings">The settings it was trained with.</param>
    /// <param name="tensors">The checkpoint's tensors.</param>
    /// <param name="device">Where it is to play; the processor if null.</param>
    /// <exception cref="InvalidDataException">A parameter is missing or has another shape.</exception>
    public TrainedAgent(SnakeSettings settings, IReadOnlyDictionary<string, StoredTensor> tensors, Device? device = null)
    {
        Device = device ?? Device.Cpu;
        Environment = new Snake(settings.Rows, settings.Columns, settings.StepLimit);
        _network = SnakeTask.CreateNetwork(settings);
        using var scope = new TensorScope();
        _parameters = scope.Keep(_network.ParameterShapes.Select(parameter => Read(parameter.Name, parameter.Shape)).ToArray());

        Tensor Read(string name, Shape shape)
        {
            if (!tensors.TryGetValue(Prefix + name, out var stored))
                throw new InvalidDataException($"The checkpoint has no tensor '{Prefix + name}'.");
            if (stored.Type != ElementType.Float32 || (Shape)stored.Shape.ToArray() != shape)
            {
                throw new InvalidDataException(
                    $"The checkpoint's tensor '{Prefix + name}' is {stored.Type} {(Shape)stored.Shape.ToArray()}, not Float32 {shape}.");
            }

            return Tensor.From(stored, Device);
        }
    }

    /// <summary>Where it plays.</summary>
    public Device Device { get; }

    /// <summary>The game that it was trained on.</summary>
    public Snake Environment { get; }

    /// <summary>The logits of its policy, [n, 4].</summary>
    /// <param name="observations">Float32 [n, rows, columns, 5].</param>
    public Tensor Logits(Tensor observations) => _network.Apply(_parameters, observations).Logits;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var parameter in _parameters)
            parameter.Dispose();
    }
}
