using Engine.Core;
using Engine.Core.Nn;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.RL.Training;

namespace Engine.Tests.Docs;

internal static class EmbeddingExample
{
    // Usings, what stands between these braces, and the classes below are the program of docs/embedding.md; a test compares them.
    public static void Run()
    {
        var settings = new LearningSettings
        {
            Envs = 64,
            Rollout = 10,
            Learn = [Hyperparameter.Gamma, Hyperparameter.Lambda],
            Gamma = 0.5,
            Lambda = 0.7,
            Entropy = 1e-3,
            LearningRate = 0.01,
            Anneal = false,
            MetaLearningRate = 0.1,
            OuterLambda = 0.95,
        };
        using var trainer = Trainer.Of(new Corridor(), settings, "3-mix", seed: 7, network: Walker.Initial);
        for (int update = 0; update <= 200; update++)
        {
            var measured = trainer.Step()[0];
            double mean = measured.ReturnSum[0] / measured.Episodes[0], gamma = measured.Eta[0], lambda = measured.Eta[1];
            if (update % 25 == 0)
                Console.WriteLine($"return {mean:F2}, gamma {gamma:F2}, lambda {lambda:F2}");
        }
    }
}

// Five cells in a row: leaving them on the left pays 0.3, on the right 1. An episode begins in the second cell.
internal sealed class Corridor : IEnvironment<Tensor>
{
    public Shape ObservationShape => [5];
    public int ActionCount => 2;
    public Tensor Reset(Key key) => Tensor.Scalar(1, ElementType.Int32, key.Device);
    public Tensor Observe(Tensor cell) => cell.OneHot(5);
    public EnvironmentStep<Tensor> Step(Tensor cell, Tensor action, Key key)
    {
        var next = cell + ((action * 2) - 1);
        Tensor left = (next < 0).Cast(ElementType.Float32), right = (next > 4).Cast(ElementType.Float32);
        return new(next, right + (left * 0.3), Terminated: left + right, Truncated: Tensor.ZerosLike(left));
    }
}

// A hidden layer, from which come the logits of the two actions and the value.
internal sealed record Walker(Linear Hidden, Linear Policy, Linear Value) : IActorCritic
{
    public static Walker Initial(Key key)
        => new(Linear.Initial(key.Fold(0), 5, 16), Linear.Initial(key.Fold(1), 16, 2), Linear.Initial(key.Fold(2), 16, 1));
    public ActorCriticOutput Apply(Tensor observation)
    {
        var features = Hidden.Apply(observation).Tanh();
        return new(Policy.Apply(features), Value.Apply(features)[0]);
    }
}
