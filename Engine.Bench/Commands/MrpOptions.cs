using System.CommandLine;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.Bench.Commands;

/// <summary>The options that the experiments on the Markov reward process have in common.</summary>
internal sealed class MrpOptions
{
    private readonly CommonOptions _common;
    private readonly Option<int> _iterations;
    private readonly Option<int> _batch;
    private readonly Option<InnerOptimiser> _innerOptimiser;
    private readonly Option<double> _learningRate;
    private readonly Option<double> _metaLearningRate;
    private readonly Option<double> _gammaStart;
    private readonly Option<Parameterisation> _parameterisation;
    private readonly Option<Discounting> _discounting;
    private readonly Option<StateInput> _input;
    private readonly Option<Core.Nn.Activation> _activation;
    private readonly Option<double?> _kappa;
    private readonly Option<double> _traceDecay;
    private readonly Option<double> _epsilonRoot;
    private readonly Option<bool> _detach;

    /// <summary>Adds the options to a command.</summary>
    public MrpOptions(Command command, MrpSettings defaults)
    {
        _iterations = Options.Of("--iterations", "Meta-updates of a run.", defaults.Iterations);
        _batch = Options.Of("--batch", "Trajectories of a rollout.", defaults.Batch);
        _innerOptimiser = Options.Of("--inner-optimiser", "What updates the value network.", defaults.InnerOptimiser);
        _learningRate = Options.Of("--learning-rate", "Its step size (alpha).", defaults.LearningRate);
        _metaLearningRate = Options.Of("--meta-learning-rate", "The step size of Adam on the discounts (beta).", defaults.MetaLearningRate);
        _gammaStart = Options.Of("--gamma-start", "All discounts at the start, between 0 and 1.", defaults.GammaStart);
        _parameterisation = Options.Of(
            "--parameterisation", "How discounts are kept: as logits, or themselves, clamped to [0, 1].", defaults.Parameterisation);
        _discounting = Options.Of(
            "--discounting", "What reward j counts in state i: gamma_j^(j-i+1), or gamma_i ... gamma_j.", defaults.Discounting);
        _input = Options.Of("--input", "What the network sees of a state: 0 to 9, or -1 to 1.", defaults.Input);
        _activation = Options.Of("--activation", "What follows the network's hidden layers.", defaults.Activation);
        _kappa = Options.Of("--kappa", "The discount of mixes in [0, 1]; 1 - 1/n where it is not given.", defaults.Kappa);
        _traceDecay = Options.Of("--trace-decay", "The factor mu of accumulative traces in [0, 1].", defaults.TraceDecay);
        _epsilonRoot = Options.Of("--epsilon-root", "The term under the square root of Adam and RMSProp.", defaults.EpsilonRoot);
        _detach = Options.Of(
            "--detach-denominator", "Whether Adam's denominator is a constant to meta-gradients.", defaults.DetachDenominator);
        Option[] all =
        [
            _iterations, _batch, _innerOptimiser, _learningRate, _metaLearningRate, _gammaStart, _parameterisation, _discounting, _input,
            _activation, _kappa, _traceDecay, _epsilonRoot, _detach,
        ];
        foreach (var option in all)
            command.Add(option);
        _common = new CommonOptions(command, defaults.Seeds);
    }

    /// <summary>The options of every command.</summary>
    public CommonOptions Common => _common;

    /// <summary>Puts the options that were given into settings.</summary>
    public T Apply<T>(ParseResult parsed, T settings)
        where T : MrpSettings
        => settings with
        {
            Seed = parsed.Given(_common.Seed, settings.Seed),
            Seeds = parsed.Given(_common.Seeds, settings.Seeds),
            Iterations = parsed.Given(_iterations, settings.Iterations),
            Batch = parsed.Given(_batch, settings.Batch),
            InnerOptimiser = parsed.Given(_innerOptimiser, settings.InnerOptimiser),
            LearningRate = parsed.Given(_learningRate, settings.LearningRate),
            MetaLearningRate = parsed.Given(_metaLearningRate, settings.MetaLearningRate),
            GammaStart = parsed.Given(_gammaStart, settings.GammaStart),
            Parameterisation = parsed.Given(_parameterisation, settings.Parameterisation),
            Discounting = parsed.Given(_discounting, settings.Discounting),
            Input = parsed.Given(_input, settings.Input),
            Activation = parsed.Given(_activation, settings.Activation),
            Kappa = parsed.Given(_kappa, settings.Kappa),
            TraceDecay = parsed.Given(_traceDecay, settings.TraceDecay),
            EpsilonRoot = parsed.Given(_epsilonRoot, settings.EpsilonRoot),
            DetachDenominator = parsed.Given(_detach, settings.DetachDenominator),
        };
}
