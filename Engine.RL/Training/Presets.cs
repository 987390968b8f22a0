using Engine.RL.Experiments;

namespace Engine.RL.Training;

/// <summary>A published experiment whose settings agents can learn with.</summary>
public enum Preset
{
    /// <summary>
    /// Bonnet, Midgley and Laterre (2022), "Debiasing meta-gradient reinforcement learning by learning the outer value function": Snake on
    /// 6x6. Its networks, one for the policy and one for values, are larger than ours.
    /// </summary>
    OuterValue,
}

/// <summary>The settings of published experiments.</summary>
public static class Presets
{
    // A norm that no gradient has: that experiment does not clip.
    private const double NoClip = 1e9;

    /// <summary>Settings with those of their preset in place of the defaults; what is no setting of learning is as it was.</summary>
    /// <param name="settings">The settings.</param>
    public static T Of<T>(T settings)
        where T : LearningSettings
        => settings.Preset switch
        {
            null => settings,
            Preset.OuterValue => (T)((LearningSettings)settings with
            {
                Grid = new(6, 6),
                Frames = 75_000_000,
                Envs = 512,
                Rollout = 5,
                Gamma = 0.8,
                Lambda = 0.95,
                Critic = 0.5,
                Entropy = 0.01,
                Learn = [Hyperparameter.Gamma],
                InnerOptimiser = InnerOptimiser.Rmsprop,
                LearningRate = 5e-4,
                Anneal = false,
                Clip = NoClip,
                MetaLearningRate = 3e-3,
                MetaClip = 0.1,
                OuterGamma = 1,
                OuterLambda = 1,
            }),
            var other => throw new ArgumentOutOfRangeException(nameof(settings), other, "There is no such preset."),
        };
}
