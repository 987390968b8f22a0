using System.CommandLine;
using System.Globalization;
using Engine.Bench.Output;
using Engine.RL.Experiments;
using Engine.RL.Meta;

namespace Engine.Bench.Commands;

/// <summary>The options that all training on Snake has in common.</summary>
internal sealed class SnakeOptions
{
    private readonly Option<string?> _grid;
    private readonly Option<int> _stepLimit;
    private readonly Option<long> _frames;
    private readonly Option<int> _envs;
    private readonly Option<int> _rollout;
    private readonly Option<InnerOptimiser> _innerOptimiser;
    private readonly Option<double> _learningRate;
    private readonly Option<bool> _anneal;
    private readonly Option<double> _clip;
    private readonly Option<double> _epsilonRoot;
    private readonly Option<bool> _detach;
    private readonly Option<double> _metaLearningRate;
    private readonly Option<double> _metaClip;
    private readonly Option<double> _gamma;
    private readonly Option<double> _lambda;
    private readonly Option<double> _critic;
    private readonly Option<double> _entropy;
    private readonly Option<Parameterisation> _parameterisation;
    private readonly Option<MetaParameter[]> _learn;
    private readonly Option<double> _outerGamma;
    private readonly Option<double> _outerLambda;
    private readonly Option<bool> _outerValueHead;
    private readonly Option<double> _outerCritic;
    private readonly Option<double?> _kappa;
    private readonly Option<double> _traceDecay;
    private readonly Option<bool> _freshValidation;
    private readonly Option<bool> _fullTarget;
    private readonly Option<bool> _bootstrapTimeLimit;
    private readonly Option<int> _logEvery;

    /// <summary>Adds the options to a command.</summary>
    public SnakeOptions(Command command, SnakeSettings defaults, int seeds)
    {
        _grid = Options.Of<string?>("--grid", "The board: 12 for 12x12, or rows and columns as 10x14. [default: 12x12]", null);
        _grid.HelpName = "N|RxC";
        _stepLimit = Options.Of("--step-limit", "The step at which an episode ends at the latest.", defaults.StepLimit);
        _frames = Options.Of("--frames", "Steps to train for, of all environments together.", defaults.Frames);
        _envs = Options.Of("--envs", "Environments side by side.", defaults.Envs);
        _rollout = Options.Of("--rollout", "Steps of a rollout (T).", defaults.Rollout);
        _innerOptimiser = Options.Of("--inner-optimiser", "What updates the network.", defaults.InnerOptimiser);
        _learningRate = Options.Of("--learning-rate", "Its step size (alpha).", defaults.LearningRate);
        _anneal = Options.Of("--anneal", "Whether the step size falls linearly to 0.", defaults.Anneal);
        _clip = Options.Of("--clip", "The largest norm of the gradient.", defaults.Clip);
        _epsilonRoot = Options.Of("--epsilon-root", "The term under the square root of Adam and RMSProp.", defaults.EpsilonRoot);
        _detach = Options.Of(
            "--detach-denominator", "Whether Adam's denominator is a constant to meta-gradients.", defaults.DetachDenominator);
        _metaLearningRate = Options.Of(
            "--meta-learning-rate", "The step size of Adam on the meta-parameters (beta).", defaults.MetaLearningRate);
        _metaClip = Options.Of("--meta-clip", "The largest norm of the meta-gradient.", defaults.MetaClip);
        _gamma = Options.Of("--gamma", "The discount at the start.", defaults.Gamma);
        _lambda = Options.Of("--lambda", "How far returns reach at the start.", defaults.Lambda);
        _critic = Options.Of("--critic", "The weight of the critic's loss at the start.", defaults.Critic);
        _entropy = Options.Of("--entropy", "The weight of the policy's entropy at the start.", defaults.Entropy);
        _parameterisation = Options.Of(
            "--parameterisation", "How these four are kept: as logits, or themselves, clamped to [0, 1].", defaults.Parameterisation);
        _learn = Options.Many("--learn", "Which of them are meta-learned.", [.. defaults.Learn]);
        _outerGamma = Options.Of("--outer-gamma", "The discount of the outer loss (gamma').", defaults.OuterGamma);
        _outerLambda = Options.Of("--outer-lambda", "How far returns of the outer loss reach (lambda').", defaults.OuterLambda);
        _outerValueHead = Options.Of(
            "--outer-value-head", "Whether values with the outer discount have a head of their own.", defaults.OuterValueHead);
        _outerCritic = Options.Of("--outer-critic", "The weight of that head's loss.", defaults.OuterCritic);
        _kappa = Options.Of("--kappa", "The discount of mixes in [0, 1]; 1 - 1/n where it is not given.", defaults.Kappa);
        _traceDecay = Options.Of("--trace-decay", "The factor mu of accumulative traces in [0, 1].", defaults.TraceDecay);
        _freshValidation = Options.Of(
            "--fresh-validation", "Whether each point of a branch is judged on a rollout of its own.", defaults.FreshValidation);
        _fullTarget = Options.Of("--full-target", "Whether the critic's derivative goes through its target.", defaults.FullTarget);
        _bootstrapTimeLimit = Options.Of(
            "--bootstrap-time-limit", "Whether returns go on beyond the step limit.", defaults.BootstrapTimeLimit);
        _logEvery = Options.Of("--log-every", "Updates from one row of metrics to the next.", defaults.LogEvery);
        Option[] all =
        [
            _grid, _frames, _envs, _rollout, _stepLimit, _gamma, _lambda, _critic, _entropy, _learn, _parameterisation, _innerOptimiser,
            _learningRate, _anneal, _clip, _metaLearningRate, _metaClip, _kappa, _traceDecay, _outerGamma, _outerLambda, _outerValueHead,
            _outerCritic, _freshValidation, _fullTarget, _bootstrapTimeLimit, _epsilonRoot, _detach, _logEvery,
        ];
        foreach (var option in all)
            command.Add(option);
        command.Add(Parallel);
        Common = new CommonOptions(command, seeds);
    }

    /// <summary>The options of every command.</summary>
    public CommonOptions Common { get; }

    /// <summary>--parallel N: agents that train at the same time. It changes no result, and so is no setting.</summary>
    public Option<int> Parallel { get; } = Options.Of("--parallel", "Agents that train at the same time, sharing the threads.", 1);

    /// <summary>Puts the options that were given into settings.</summary>
    public T Apply<T>(ParseResult parsed, T settings)
        where T : SnakeSettings
    {
        var (rows, columns) = parsed.GetValue(_grid) is { } grid ? ReadGrid(grid) : (settings.Rows, settings.Columns);
        return settings with
        {
            Rows = rows,
            Columns = columns,
            StepLimit = parsed.Given(_stepLimit, settings.StepLimit),
            Frames = parsed.Given(_frames, settings.Frames),
            Envs = parsed.Given(_envs, settings.Envs),
            Rollout = parsed.Given(_rollout, settings.Rollout),
            InnerOptimiser = parsed.Given(_innerOptimiser, settings.InnerOptimiser),
            LearningRate = parsed.Given(_learningRate, settings.LearningRate),
            Anneal = parsed.Given(_anneal, settings.Anneal),
            Clip = parsed.Given(_clip, settings.Clip),
            EpsilonRoot = parsed.Given(_epsilonRoot, settings.EpsilonRoot),
            DetachDenominator = parsed.Given(_detach, settings.DetachDenominator),
            MetaLearningRate = parsed.Given(_metaLearningRate, settings.MetaLearningRate),
            MetaClip = parsed.Given(_metaClip, settings.MetaClip),
            Gamma = parsed.Given(_gamma, settings.Gamma),
            Lambda = parsed.Given(_lambda, settings.Lambda),
            Critic = parsed.Given(_critic, settings.Critic),
            Entropy = parsed.Given(_entropy, settings.Entropy),
            Parameterisation = parsed.Given(_parameterisation, settings.Parameterisation),
            Learn = parsed.Given(_learn, [.. settings.Learn]),
            OuterGamma = parsed.Given(_outerGamma, settings.OuterGamma),
            OuterLambda = parsed.Given(_outerLambda, settings.OuterLambda),
            OuterValueHead = parsed.Given(_outerValueHead, settings.OuterValueHead),
            OuterCritic = parsed.Given(_outerCritic, settings.OuterCritic),
            Kappa = parsed.Given(_kappa, settings.Kappa),
            TraceDecay = parsed.Given(_traceDecay, settings.TraceDecay),
            FreshValidation = parsed.Given(_freshValidation, settings.FreshValidation),
            FullTarget = parsed.Given(_fullTarget, settings.FullTarget),
            BootstrapTimeLimit = parsed.Given(_bootstrapTimeLimit, settings.BootstrapTimeLimit),
            LogEvery = parsed.Given(_logEvery, settings.LogEvery),
        };
    }

    private static (int Rows, int Columns) ReadGrid(string text)
    {
        string[] sizes = text.Split('x');
        int[] numbers = [.. sizes.Select(Number)];
        return numbers.Contains(-1) || numbers.Length > 2
            ? throw new UserError($"--grid: '{text}' is no board; write 12 for 12x12, or rows and columns as 10x14.")
            : (numbers[0], numbers[^1]);

        static int Number(string size)
            => int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
    }
}
