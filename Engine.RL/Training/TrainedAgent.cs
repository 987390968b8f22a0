using Engine.Core;
using Engine.Core.Files;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;

namespace Engine.RL.Training;

/// <summary>An agent that acts as it has learned to.</summary>
public sealed class TrainedAgent : IDisposable
{
    /// <summary>What names of the network's tensors begin with in a checkpoint.</summary>
    public const string Prefix = $"{nameof(Learner.Inner)}.{nameof(Learner.Inner.Parameters)}.";

    /// <summary>Takes an agent out of a checkpoint.</summary>
    /// <param name="settings">The settings it was trained with.</param>
    /// <param name="tensors">The checkpoint's tensors.</param>
    /// <param name="device">Where it is to act; the processor if null.</param>
    /// <exception cref="InvalidDataException">A tensor is missing or has another shape.</exception>
    public TrainedAgent(LearningSettings settings, IReadOnlyDictionary<string, StoredTensor> tensors, Device? device = null)
    {
        Device = device ?? Device.Cpu;
        Environment = settings.CreateEnvironment();
        using var scope = new TensorScope();
        var like = settings.CreateNetwork(Key.Of(0, Device), Environment);
        Network = scope.Keep(SafeTensors.Restored(tensors, like, Prefix));
    }

    /// <summary>Where it acts.</summary>
    public Device Device { get; }

    /// <summary>Its network, on <see cref="Device"/>.</summary>
    public ActorCritic Network { get; }

    /// <summary>What it was trained on.</summary>
    public IEnvironment<object> Environment { get; }

    /// <summary>The logits of its policy, [actions].</summary>
    /// <param name="observation">An observation.</param>
    public Tensor Logits(Tensor observation) => Network.Apply(observation).Logits;

    /// <inheritdoc/>
    public void Dispose() => Tree.Dispose(Network);
}
