using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.Core;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.RL.Training;
using static System.FormattableString;

namespace Engine.Bench.Games;

/// <summary>An agent from a checkpoint, with where it comes from.</summary>
internal sealed class LoadedAgent : ITrainedAgent, IDisposable
{
    private readonly TrainedAgent _agent;

    private LoadedAgent(TrainedAgent agent, AgentRun run, string name, long frames)
    {
        (_agent, Run, Frames) = (agent, run, frames);
        Describe = Invariant($"{name} after {frames:N0} frames");
    }

    /// <summary>How it was trained.</summary>
    public AgentRun Run { get; }

    /// <summary>Steps that it has learned from.</summary>
    public long Frames { get; }

    /// <inheritdoc/>
    public IEnvironment<object> Environment => _agent.Environment;

    /// <summary>Its network.</summary>
    public ActorCritic Network => _agent.Network;

    /// <inheritdoc/>
    public string Describe { get; }

    /// <summary>Loads an agent.</summary>
    /// <param name="found">Where it is.</param>
    /// <param name="device">Where it is to play.</param>
    /// <exception cref="UserError">Its file can't be read.</exception>
    public static LoadedAgent Load(AgentFolder found, Device device)
    {
        string path = found.Checkpoint;
        try
        {
            var (training, snapshot) = found.Load();
            var agent = new TrainedAgent(training.Settings, snapshot.Tensors, device);
            return new LoadedAgent(agent, training, found.Name, snapshot.Iteration * training.Settings.FramesPerUpdate);
        }
        catch (InvalidDataException e)
        {
            // Some messages name the file already.
            throw new UserError(e.Message.Contains(path) ? e.Message : $"{path}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path} can't be read: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public Tensor Logits(Tensor observation) => _agent.Logits(observation);

    /// <inheritdoc/>
    public void Dispose() => _agent.Dispose();
}
